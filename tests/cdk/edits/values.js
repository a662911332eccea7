// Synthesizes constructs without and with the props of grammars/cdk/values.table and prints what is different:
// `npm install aws-cdk-lib constructs && node values.js`. What it printed is in values.txt.
const cdk = require('aws-cdk-lib');
const S = (n) => require('aws-cdk-lib/' + n);
const s3=S('aws-s3'),sqs=S('aws-sqs'),ddb=S('aws-dynamodb'),ecr=S('aws-ecr'),ec2=S('aws-ec2'),rds=S('aws-rds'),docdb=S('aws-docdb'),sfn=S('aws-stepfunctions'),logs=S('aws-logs'),ecs=S('aws-ecs'),os=S('aws-opensearchservice'),api=S('aws-apigateway'),asg=S('aws-autoscaling'),efs=S('aws-efs'),kms=S('aws-kms'),ct=S('aws-cloudtrail'),kin=S('aws-kinesis'),cf=S('aws-cloudfront'),or=S('aws-cloudfront-origins'),elb=S('aws-elasticloadbalancingv2'),cog=S('aws-cognito'),acm=S('aws-certificatemanager'),lam=S('aws-lambda');
const pk={name:'id',type:ddb.AttributeType.STRING};
const D=cdk.Duration;
const inst=()=>({vpc:null,instanceType:new ec2.InstanceType('t3.micro'),machineImage:new ec2.GenericLinuxImage({'eu-west-1':'ami-1'})});
const rows={
 bpa:(s,v,o)=>new s3.Bucket(s,'B',{blockPublicAccess:new s3.BlockPublicAccess(o?{blockPublicAcls:true,blockPublicPolicy:true}:{blockPublicAcls:true,blockPublicPolicy:false})}),
 acl:(s,v,o)=>new s3.Bucket(s,'B',{objectOwnership:s3.ObjectOwnership.OBJECT_WRITER,accessControl:o?s3.BucketAccessControl.PRIVATE:s3.BucketAccessControl.PUBLIC_READ}),
 aclNone:(s,v,o)=>new s3.Bucket(s,'B',o?{accessControl:s3.BucketAccessControl.PRIVATE}:{}),
 ver:(s,v,o)=>new s3.Bucket(s,'B',o?{versioned:true}:{}),
 enc:(s,v,o)=>new s3.Bucket(s,'B',o?{encryption:s3.BucketEncryption.S3_MANAGED}:{}),
 block:(s,v,o)=>new s3.Bucket(s,'B',o?{blockPublicAccess:s3.BlockPublicAccess.BLOCK_ALL}:{}),
 sqs:(s,v,o)=>new sqs.Queue(s,'Q',{encryption:o?sqs.QueueEncryption.SQS_MANAGED:sqs.QueueEncryption.UNENCRYPTED}),
 kms:(s,v,o)=>new kms.Key(s,'K',o?{enableKeyRotation:true}:{}),
 ct:(s,v,o)=>new ct.Trail(s,'T',{enableFileValidation:o,isMultiRegionTrail:o}),
 kin:(s,v,o)=>new kin.Stream(s,'K',{encryption:o?kin.StreamEncryption.MANAGED:kin.StreamEncryption.UNENCRYPTED}),
 pitrOld:(s,v,o)=>new ddb.Table(s,'T',{partitionKey:pk,...(o?{pointInTimeRecovery:true}:{})}),
 ddbDel:(s,v,o)=>new ddb.Table(s,'T',{partitionKey:pk,...(o?{deletionProtection:true}:{})}),
 ecrMut:(s,v,o)=>new ecr.Repository(s,'R',o?{imageTagMutability:ecr.TagMutability.IMMUTABLE}:{}),
 ecrScan:(s,v,o)=>new ecr.Repository(s,'R',o?{imageScanOnPush:true}:{}),
 efs:(s,v,o)=>new efs.FileSystem(s,'F',{vpc:v,encrypted:o}),
 vol:(s,v,o)=>new ec2.Volume(s,'V',{availabilityZone:'eu-west-1a',size:cdk.Size.gibibytes(8),encrypted:o}),
 instIp:(s,v,o)=>new ec2.Instance(s,'I',{...inst(),vpc:v,vpcSubnets:{subnetType:ec2.SubnetType.PUBLIC},associatePublicIpAddress:!o}),
 instMon:(s,v,o)=>new ec2.Instance(s,'I',{...inst(),vpc:v,...(o?{detailedMonitoring:true}:{})}),
 instEbs:(s,v,o)=>new ec2.Instance(s,'I',{...inst(),vpc:v,...(o?{ebsOptimized:true}:{})}),
 instBdm:(s,v,o)=>new ec2.Instance(s,'I',{...inst(),vpc:v,blockDevices:[{deviceName:'/dev/xvda',volume:ec2.BlockDeviceVolume.ebs(8,o?{encrypted:true}:{})}]}),
 ltBdm:(s,v,o)=>new ec2.LaunchTemplate(s,'L',{blockDevices:[{deviceName:'/dev/xvda',volume:ec2.BlockDeviceVolume.ebs(8,o?{encrypted:true}:{})}]}),
 ltImds:(s,v,o)=>new ec2.LaunchTemplate(s,'L',o?{requireImdsv2:true}:{}),
 asgIp:(s,v,o)=>new asg.AutoScalingGroup(s,'A',{...inst(),vpc:v,vpcSubnets:{subnetType:ec2.SubnetType.PUBLIC},associatePublicIpAddress:!o}),
 asgImds:(s,v,o)=>new asg.AutoScalingGroup(s,'A',{...inst(),vpc:v,...(o?{requireImdsv2:true}:{})}),
 rds:(s,v,o)=>new rds.DatabaseInstance(s,'D',{engine:rds.DatabaseInstanceEngine.MYSQL,vpc:v,...(o?{storageEncrypted:true,deletionProtection:true,backupRetention:D.days(7),autoMinorVersionUpgrade:true,iamAuthentication:true,multiAz:true,cloudwatchLogsExports:['audit']}:{copyTagsToSnapshot:false})}),
 aurora:(s,v,o)=>new rds.DatabaseCluster(s,'D',{engine:rds.DatabaseClusterEngine.AURORA_MYSQL,writer:rds.ClusterInstance.serverlessV2('w'),vpc:v,...(o?{storageEncrypted:true,deletionProtection:true,iamAuthentication:true,backup:{retention:D.days(7)},cloudwatchLogsExports:['audit']}:{})}),
 docdb:(s,v,o)=>new docdb.DatabaseCluster(s,'D',{masterUser:{username:'o'},instanceType:ec2.InstanceType.of(ec2.InstanceClass.R5,ec2.InstanceSize.LARGE),vpc:v,...(o?{deletionProtection:true,backup:{retention:D.days(7)},exportAuditLogsToCloudWatch:true}:{})}),
 apiStage:(s,v,o)=>{const a=new api.RestApi(s,'A',{deploy:false});a.root.addMethod('GET');new api.Stage(s,'S',{deployment:new api.Deployment(s,'D',{api:a}),...(o?{tracingEnabled:true}:{})})},
 apiRest:(s,v,o)=>{const a=new api.RestApi(s,'A',o?{deployOptions:{tracingEnabled:true}}:{});a.root.addMethod('GET')},
 sfnLog:(s,v,o)=>new sfn.StateMachine(s,'M',{definitionBody:sfn.DefinitionBody.fromChainable(new sfn.Pass(s,'P')),logs:{destination:new logs.LogGroup(s,'G'),...(o?{includeExecutionData:true}:{})}}),
 ecsOld:(s,v,o)=>new ecs.Cluster(s,'C',{vpc:v,...(o?{containerInsights:true}:{})}),
 osN2n:(s,v,o)=>new os.Domain(s,'O',{version:os.EngineVersion.openSearch('2.11'),...(o?{nodeToNodeEncryption:true,enforceHttps:true,encryptionAtRest:{enabled:true}}:{})}),
 osTls:(s,v,o)=>new os.Domain(s,'O',{version:os.EngineVersion.openSearch('2.11'),...(o?{tlsSecurityPolicy:os.TLSSecurityPolicy.TLS_1_2_PFS}:{})}),
 cf:(s,v,o)=>new cf.Distribution(s,'C',{defaultBehavior:{origin:new or.HttpOrigin('a.b'),...(o?{viewerProtocolPolicy:cf.ViewerProtocolPolicy.REDIRECT_TO_HTTPS}:{})}}),
 lb:(s,v,o)=>new elb.ApplicationLoadBalancer(s,'L',{vpc:v,...(o?{deletionProtection:true,dropInvalidHeaderFields:true}:{})}),
 nlb:(s,v,o)=>new elb.NetworkLoadBalancer(s,'L',{vpc:v,...(o?{deletionProtection:true}:{})}),
 listen:(s,v,o)=>new elb.ApplicationLoadBalancer(s,'L',{vpc:v}).addListener('X',{port:80,defaultAction:o?elb.ListenerAction.redirect({protocol:'HTTPS',port:'443',permanent:true}):elb.ListenerAction.fixedResponse(200)}),
 cog:(s,v,o)=>new cog.UserPool(s,'U',o?{mfa:cog.Mfa.REQUIRED,mfaSecondFactor:{sms:false,otp:true}}:{}),
 lamUrl:(s,v,o)=>new lam.Function(s,'F',{runtime:lam.Runtime.NODEJS_20_X,handler:'i.h',code:lam.Code.fromInline('x')}).addFunctionUrl({authType:o?lam.FunctionUrlAuthType.AWS_IAM:lam.FunctionUrlAuthType.NONE}),
};
const synth=(make,on)=>{const app=new cdk.App({analyticsReporting:false,context:{'aws:cdk:version-reporting':false}});const st=new cdk.Stack(app,'S',{env:{account:'111122223333',region:'eu-west-1'}});const v=new ec2.Vpc(st,'Vpc',{maxAzs:2,natGateways:1,availabilityZones:undefined});make(st,v,on);return app.synth().getStackByName('S').template};
const diff=(a,b,p,out)=>{if(JSON.stringify(a)===JSON.stringify(b))return;if(a&&b&&typeof a==='object'&&typeof b==='object'&&!Array.isArray(a)&&!Array.isArray(b)){for(const k of new Set([...Object.keys(a),...Object.keys(b)]))diff(a[k],b[k],[...p,k],out);return}out.push(p.join('.')+': '+JSON.stringify(a)+' -> '+JSON.stringify(b))};
for(const [n,make] of Object.entries(rows)){try{const a=synth(make,false),b=synth(make,true);const out=[];diff(a.Resources,b.Resources,[],out);console.log(n+'\n   '+out.map(x=>x.slice(0,230)).join('\n   '))}catch(e){console.log(n,'ERR',e.message.slice(0,150))}}
