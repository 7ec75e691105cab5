import type { HttpApi } from "aws-cdk-lib/aws-apigatewayv2";
import type { IFunction, Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { IStateMachine } from "aws-cdk-lib/aws-stepfunctions";

/** The resources that alarms and dashboard monitor. */
export interface Watched {
  api: HttpApi;
  stateMachine: IStateMachine;
  apiFunctions: readonly IFunction[];
  taskFunctions: readonly IFunction[];
  sweeper: IFunction;
  /** The dead-letter queue of the sweeper. */
  deadLetters: IQueue;
  /** The function that looks at the banks for which jobs wait. */
  bankLooks: IFunction;
  /** The function that makes events. */
  eventMaker: LambdaFunction;
  /** The queue of the records from which it made no event. */
  lostRecords: IQueue;
  /** The function that sends the messages of webhooks. */
  deliverer: IFunction;
  /** Its dead-letter queue. */
  deliveryDeadLetters: IQueue;
  followLimitMinutes: number;
}
