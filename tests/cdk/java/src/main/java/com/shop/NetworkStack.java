package com.shop;

import java.util.List;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.StackProps;
import software.amazon.awscdk.services.ec2.CfnSecurityGroupIngress;
import software.amazon.awscdk.services.ec2.IVpc;
import software.amazon.awscdk.services.ec2.Peer;
import software.amazon.awscdk.services.ec2.Port;
import software.amazon.awscdk.services.ec2.SecurityGroup;
import software.amazon.awscdk.services.ec2.Vpc;
import software.constructs.Construct;

public class NetworkStack extends Stack {
    private final Vpc vpc;

    public NetworkStack(final Construct scope, final String id, final StackProps props) {
        super(scope, id, props);
        this.vpc = Vpc.Builder.create(this, "Vpc")
            .maxAzs(2)
            .natGateways(1)
            .build();
        final SecurityGroup bastion = SecurityGroup.Builder.create(this, "Bastion")
            .vpc(this.vpc)
            .description("ssh from anywhere")
            .build();
        bastion.addIngressRule(Peer.anyIpv4(), Port.tcp(22), "open ssh");
        int index = 0;
        for (final Integer port : List.of(8080, 8443)) {
            CfnSecurityGroupIngress.Builder.create(this, "Loop" + index)
                .groupId(bastion.getSecurityGroupId())
                .ipProtocol("tcp")
                .fromPort(port)
                .toPort(port)
                .cidrIp("0.0.0.0/0")
                .build();
            index++;
        }
    }

    public IVpc getVpc() {
        return this.vpc;
    }
}
