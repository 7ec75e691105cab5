import { type App, CfnOutput, Stack } from "aws-cdk-lib";
import { Alarms } from "./alarms.ts";
import { ApiFunctions } from "./api-functions.ts";
import { WatchDashboard } from "./dashboard.ts";
import { HttpApiWithRoutes } from "./http-api.ts";
import { Keys } from "./keys.ts";
import { readSettings } from "./settings.ts";
import { Tables } from "./tables.ts";
import { TaskFunctions } from "./task-functions.ts";
import { Workflow } from "./workflow.ts";

/** The whole system: an HTTP API, a state machine, and what they keep. */
export class ConnectionJobsStack extends Stack {
  constructor(app: App, id: string) {
    super(app, id, { description: "Bank connection jobs" });
    const settings = readSettings(this);
    const tables = new Tables(this, "Tables");
    const keys = new Keys(this, "Keys");
    const tasks = new TaskFunctions(this, "Tasks", { tables, keys, settings });
    const workflow = new Workflow(this, "Workflow", tasks);
    const api = new HttpApiWithRoutes(this, "Api");
    const endpoints = { tables, keys, settings, workflow, apiUrl: api.url };
    const functions = new ApiFunctions(this, "Endpoints", endpoints);
    api.addRoutes(functions);
    const watched = {
      api: api.api,
      stateMachine: workflow.stateMachine,
      apiFunctions: [...Object.values(functions.byRoute), functions.refuse],
      taskFunctions: [
        tasks.openConnection,
        tasks.followJob,
        tasks.askForAnswer,
        tasks.sendAnswer,
        tasks.giveUp,
      ],
    };
    const alarms = new Alarms(this, "Alarms", { ...watched, email: settings.alarmEmail });
    new WatchDashboard(this, "Watch", { ...watched, alarms: alarms.all });
    new CfnOutput(this, "ApiUrl", { value: api.url });
    new CfnOutput(this, "JobsTableName", { value: tables.jobs.tableName });
  }
}
