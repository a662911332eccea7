const { Stack, aws_sqs: sqs } = require("aws-cdk-lib")
const { Bucket, BlockPublicAccess, BucketEncryption } = require("aws-cdk-lib/aws-s3")
const rds = require("aws-cdk-lib/aws-rds")
const ec2 = require("aws-cdk-lib/aws-ec2")
const ecr = require("aws-cdk-lib/aws-ecr")
const sns = require("aws-cdk-lib/aws-sns")

class ShopStack extends Stack {
	constructor(scope, id, props) {
		super(scope, id, props)
		const vpc = new ec2.Vpc(this, "Vpc", { maxAzs: 2, natGateways: 0 })
		vpc.node.findChild("PublicSubnet1").node.findChild("Subnet").addPropertyOverride("MapPublicIpOnLaunch", false)
		vpc.node.findChild("PublicSubnet2").node.findChild("Subnet").addPropertyOverride("MapPublicIpOnLaunch", false)
		new Bucket(this, "Uploads", {
			versioned: true,
			blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
			enforceSSL: true,
			encryption: BucketEncryption.S3_MANAGED,
		})
		new sqs.Queue(this, "Jobs", {
			encryption: sqs.QueueEncryption.SQS_MANAGED
		})
		const alarms = new sns.Topic(this, "Alarms")
		alarms.node.defaultChild.addPropertyOverride("KmsMasterKeyId", "alias/aws/sns")
		new ecr.Repository(this, "Images", {
			imageScanOnPush: true,
		})
		const database = new rds.DatabaseInstance(this, "Database", {
			engine: rds.DatabaseInstanceEngine.MYSQL,
			vpc,
			vpcSubnets: { subnetType: ec2.SubnetType.PUBLIC },
			publiclyAccessible: false,
			backupRetention: undefined,
			deletionProtection: true,
			cloudwatchLogsExports: ["audit", "error", "general", "slowquery"],
			storageEncrypted: true,
		})
		database.connections.allowDefaultPortInternally()
	}
}

module.exports = { ShopStack }
