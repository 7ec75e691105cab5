import { Arn, ArnFormat, Duration, RemovalPolicy, Stack } from "aws-cdk-lib";
import { Policy, PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import { LogGroup, type RetentionDays } from "aws-cdk-lib/aws-logs";
import { DefinitionBody, LogLevel, StateMachine, StateMachineType } from "aws-cdk-lib/aws-stepfunctions";
import { Construct } from "constructs";
import { acknowledge, acknowledgeWildcard } from "./acknowledge.ts";
import { vendedLogGroupName } from "./own-metrics.ts";
import type { TaskFunctions } from "./task-functions.ts";
import { workflowDefinition } from "./workflow-definition.ts";

/** Longer than a job runs: a login waits for another job for a day at most, and the job is followed for a day at most. */
const TIMEOUT = Duration.days(4);

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
          logGroupName: vendedLogGroupName(this),
          retention: logRetention,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
        level: LogLevel.ERROR,
        includeExecutionData: false,
      },
    });
    this.grantWaking(tasks.askForAnswer);
    this.#acknowledge(tasks);
  }

  /**
   * Allows the function to complete waiting Tasks. Uses a separate policy to avoid a circular dependency: the state machine
   * depends on its Tasks, a Task depends on its role's default policy, and that policy would depend on the state machine.
   */
  grantWaking(waker: LambdaFunction) {
    const statement = new PolicyStatement({
      actions: ["states:SendTaskSuccess"],
      resources: [this.stateMachine.stateMachineArn],
    });
    const roles = waker.role === undefined ? [] : [waker.role];
    new Policy(this, `${waker.node.id}Wakes`, { statements: [statement], roles });
  }

  /** Grants describing or stopping the executions of any job. */
  grantExecutions(grantee: LambdaFunction, ...actions: ("DescribeExecution" | "StopExecution")[]) {
    this.stateMachine.grantExecution(grantee, ...actions.map((action) => `states:${action}`));
    const { resourceName } = Arn.split(this.stateMachine.stateMachineArn, ArnFormat.COLON_RESOURCE_NAME);
    const ofAnyJob = Stack.of(this).formatArn({
      service: "states",
      resource: "execution",
      resourceName: `${resourceName}:*`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    acknowledgeWildcard(
      grantee.role ?? grantee,
      ofAnyJob,
      "Executions are named after jobs that are still to come. It is this state machine's only.",
    );
  }

  #acknowledge(tasks: TaskFunctions) {
    acknowledge(
      this.stateMachine,
      "SF1",
      "The history that Step Functions keeps for 90 days has all events, and each Task writes a line of its own. The log is for what went wrong, and tells no data of an execution.",
    );
    acknowledge(
      this.stateMachine,
      "SF2",
      "No tracing: it would need permissions on every resource, and says nothing that the history and the lines with a job's id do not.",
    );
    acknowledgeWildcard(
      this.stateMachine,
      "*",
      "The delivery of its log, as Step Functions asks for it: these actions know no resources.",
    );
    for (const { functionArn } of tasks.all) {
      const reason = "The CDK's own: the versions of the one function that the Task invokes.";
      acknowledgeWildcard(this.stateMachine, `${functionArn}:*`, reason);
    }
  }
}
