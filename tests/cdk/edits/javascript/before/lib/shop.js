const { Stack, aws_sqs: sqs } = require("aws-cdk-lib")
const { Bucket } = require("aws-cdk-lib/aws-s3")
const rds = require("aws-cdk-lib/aws-rds")
const ec2 = require("aws-cdk-lib/aws-ec2")
const ecr = require("aws-cdk-lib/aws-ecr")
const sns = require("aws-cdk-lib/aws-sns")

class ShopStack extends Stack {
	constructor(scope, id, props) {
		super(scope, id, props)
		const vpc = new ec2.Vpc(this, "Vpc", { maxAzs: 2, natGateways: 0 })
		new Bucket(this, "Uploads", { versioned: false })
		new sqs.Queue(this, "Jobs", {
			encryption: sqs.QueueEncryption.UNENCRYPTED
		})
		new sns.Topic(this, "Alarms")
		new ecr.Repository(this, "Images")
		const database = new rds.DatabaseInstance(this, "Database", {
			engine: rds.DatabaseInstanceEngine.MYSQL,
			vpc,
			vpcSubnets: { subnetType: ec2.SubnetType.PUBLIC },
			publiclyAccessible: true,
			backupRetention: undefined,
		})
		database.connections.allowDefaultPortInternally()
	}
}

module.exports = { ShopStack }
