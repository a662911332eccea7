//! What a transform's own resource types call the properties of what they become.

use crate::Str;
use crate::model::Resource;

use super::super::path::{Step, path_names};
use super::super::why::Why;

/// A path as the transform's own resource type says it, where a resource is declared as one.
///
/// AWS SAM developer guide, "AWS::Serverless::Function", "AWS::Serverless::StateMachine" and the other resource types.
pub(super) fn as_declared(of: &Resource, declared: &str, steps: &[Step]) -> Result<Vec<Step>, Why> {
    if declared == of.type_name {
        return Ok(steps.to_vec());
    }
    let names = path_names(steps);
    let first = names.first().map_or("", Str::as_str);
    let same = |known: &[&str]| known.contains(&first).then_some((0, ""));
    let renamed = match (declared.trim_start_matches("AWS::Serverless::"), of.type_name.as_str()) {
        ("Function", "AWS::Lambda::Function") => match names.as_slice() {
            [a, b] if a == "TracingConfig" && b == "Mode" => Some((2, "Tracing")),
            [a, ..] if a == "DeadLetterConfig" => Some((1, "DeadLetterQueue")),
            _ => same(&["VpcConfig", "KmsKeyArn", "Environment", "ReservedConcurrentExecutions", "Runtime"]),
        },
        ("StateMachine", "AWS::StepFunctions::StateMachine") => match first {
            "TracingConfiguration" => Some((1, "Tracing")),
            "LoggingConfiguration" => Some((1, "Logging")),
            _ => None,
        },
        ("Api", "AWS::ApiGateway::Stage") => {
            same(&["TracingEnabled", "AccessLogSetting", "MethodSettings", "CacheClusterEnabled"])
        }
        ("HttpApi", "AWS::ApiGatewayV2::Stage") => same(&["AccessLogSettings", "DefaultRouteSettings"]),
        ("SimpleTable", "AWS::DynamoDB::Table") => {
            same(&["SSESpecification", "PointInTimeRecoverySpecification"])
        }
        _ => None,
    };
    match renamed {
        Some((0, _)) => Ok(steps.to_vec()),
        Some((from, name)) => {
            let rest = steps.iter().skip(from).cloned();
            Ok([Step::Name(name.into())].into_iter().chain(rest).collect())
        }
        None => Err(Why::new(format!("`{declared}` says it in its own way"))),
    }
}
