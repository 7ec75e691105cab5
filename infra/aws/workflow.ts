import { Duration, RemovalPolicy } from "aws-cdk-lib";
import { Policy, PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import { LogGroup, type RetentionDays } from "aws-cdk-lib/aws-logs";
import { DefinitionBody, LogLevel, StateMachine, StateMachineType } from "aws-cdk-lib/aws-stepfunctions";
import { Construct } from "constructs";
import type { TaskFunctions } from "./task-functions.ts";
import { workflowDefinition } from "./workflow-definition.ts";

/** Two days over the seven that the queue may last. */
const TIMEOUT = Duration.days(9);

export class Workflow extends Construct {
  readonly stateMachine: StateMachine;

  constructor(scope: Construct, id: string, tasks: TaskFunctions, logRetention: RetentionDays) {
    super(scope, id);
    this.stateMachine = new StateMachine(this, "StateMachine", {
      stateMachineType: StateMachineType.STANDARD,
      definitionBody: DefinitionBody.fromChainable(workflowDefinition(this, tasks)),
      timeout: TIMEOUT,
      logs: {
        destination: new LogGroup(this, "Logs", {
          retention: logRetention,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
        level: LogLevel.ERROR,
        includeExecutionData: false,
      },
    });
    this.grantWaking(tasks.askForAnswer);
  }

  /**
   * A policy of its own: the state machine depends on its Tasks, a Task on its role's own policy, and that would then
   * depend on the state machine.
   */
  grantWaking(waker: LambdaFunction) {
    const statement = new PolicyStatement({
      actions: ["states:SendTaskSuccess"],
      resources: [this.stateMachine.stateMachineArn],
    });
    const roles = waker.role === undefined ? [] : [waker.role];
    new Policy(this, `${waker.node.id}Wakes`, { statements: [statement], roles });
  }
}
