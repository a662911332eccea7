from aws_cdk import Stack, aws_ec2 as ec2
from constructs import Construct


class NetworkStack(Stack):
    def __init__(self, scope: Construct, construct_id: str, **kwargs) -> None:
        super().__init__(scope, construct_id, **kwargs)

        self.vpc = ec2.Vpc(self, "Vpc", max_azs=2, nat_gateways=1)
        bastion = ec2.SecurityGroup(
            self,
            "Bastion",
            vpc=self.vpc,
            description="ssh from anywhere",
        )
        bastion.add_ingress_rule(
            ec2.Peer.any_ipv4(),
            ec2.Port.tcp(22),
            "open ssh",
        )
        for index, port in enumerate([8080, 8443]):
            ec2.CfnSecurityGroupIngress(
                self,
                f"Loop{index}",
                group_id=bastion.security_group_id,
                ip_protocol="tcp",
                from_port=port,
                to_port=port,
                cidr_ip="0.0.0.0/0",
            )
