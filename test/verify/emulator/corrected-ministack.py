"""MiniStack, corrected where it differs from AWS in what our stack rests on. docs/emulator.md says how each was found.

Each correction looks for what it corrects and fails where that is not there: another version has to be read anew.
"""

import contextvars
import inspect
import json
import re
import threading

import ministack.app
from ministack.core import iam_actions, lambda_runtime
from ministack.core.responses import now_iso
from ministack.services import apigateway, cloudwatch, cloudwatch_logs, dynamodb, eventbridge, lambda_svc, stepfunctions
from ministack.services.cloudformation import provisioners


def replaced_once(text, old, new):
    if text.count(old) != 1:
        raise SystemExit(f"MiniStack has changed: {old!r} is there {text.count(old)} times.")
    return text.replace(old, new)


# A function's error keeps its name, which Retry and Catch compare. MiniStack calls every error Runtime.HandlerError.

NAME_ENDS = "\u0000"

lambda_runtime._NODEJS_WORKER_SCRIPT = replaced_once(
    lambda_runtime._NODEJS_WORKER_SCRIPT,
    'error: String(err.message || err), trace',
    'error: (err.name ? err.name + "\\0" : "") + String(err.message || err), trace',
)
execute = lambda_svc._execute_function_warm


def execute_and_name(func, event, request_id):
    result = execute(func, event, request_id)
    body = result.get("body")
    if result.get("error") and isinstance(body, dict):
        name, ends, message = body.get("errorMessage", "").partition(NAME_ENDS)
        if ends:
            result["body"] = {"errorType": name, "errorMessage": message}
    return result


lambda_svc._execute_function_warm = execute_and_name

# TimeoutSecondsPath of a Task counts. MiniStack knows TimeoutSeconds only.

current = threading.local()
execute_task = stepfunctions._execute_task


def execute_task_in_time(state, raw_input, execution, ctx):
    current.machine = execution["stateMachineArn"]
    path = state.get("TimeoutSecondsPath")
    if path is not None:
        seconds = stepfunctions._resolve_path(path, raw_input)
        state = {**state, "TimeoutSeconds": seconds * stepfunctions._SFN_WAIT_SCALE}
    return execute_task(state, raw_input, execution, ctx)


stepfunctions._execute_task = execute_task_in_time

# TimeoutSeconds of a state machine counts. MiniStack ignores it. An execution that is over tries no Task again. MiniStack goes on with
# the retries of the Task that it is at.

run_execution = stepfunctions._run_execution
fail_execution = stepfunctions._fail_execution
add_event = stepfunctions._add_event


class Over(BaseException):
    """No Retry and no Catch of the definition gets it."""


def run_execution_in_time(arn):
    execution = stepfunctions._executions[arn]
    machine = stepfunctions._state_machines.get(execution["stateMachineArn"], {"definition": "{}"})
    seconds = json.loads(machine["definition"]).get("TimeoutSeconds", threading.TIMEOUT_MAX)
    end = contextvars.copy_context().run
    in_time = min(seconds * stepfunctions._SFN_WAIT_SCALE, threading.TIMEOUT_MAX)
    timer = threading.Timer(in_time, end, (time_out, execution))
    timer.daemon = True
    timer.start()
    try:
        run_execution(arn)
    except Over:
        pass
    finally:
        timer.cancel()


def add_event_while_running(execution, event_type, *rest):
    if event_type == "TaskScheduled" and execution["status"] != "RUNNING":
        raise Over
    return add_event(execution, event_type, *rest)


def time_out(execution):
    if execution["status"] == "RUNNING":
        execution.update(status="TIMED_OUT", stopDate=now_iso())
        stepfunctions._add_event(execution, "ExecutionTimedOut", {"executionTimedOutEventDetails": {}})
        stepfunctions._emit_execution_status_event(execution)


def fail_what_runs(execution, error, cause):
    if execution["status"] != "TIMED_OUT":
        fail_execution(execution, error, cause)


stepfunctions._run_execution = run_execution_in_time
stepfunctions._fail_execution = fail_what_runs
stepfunctions._add_event = add_event_while_running

# Who answers for a task token needs the right to its state machine. MiniStack asks for the right to everything.

machine_of_token = {}
invoke_with_callback = stepfunctions._invoke_with_callback
resource_arn = iam_actions.extract_resource_arn


def invoke_and_remember_token(resource, task_input, token, state):
    machine_of_token[token] = current.machine
    return invoke_with_callback(resource, task_input, token, state)


def resource_arn_of_token(service, method, path, headers, body, *rest):
    if service == "states" and ".SendTask" in headers.get("x-amz-target", ""):
        return machine_of_token.get(json.loads(body).get("taskToken"), "*")
    return resource_arn(service, method, path, headers, body, *rest)


stepfunctions._invoke_with_callback = invoke_and_remember_token
iam_actions.extract_resource_arn = resource_arn_of_token

# What a policy may compare: the encryption context at KMS, and the partition keys of rows. MiniStack leaves both out.

tag_context = iam_actions.request_tag_context


def request_context(service, iam_action, body, params):
    found = tag_context(service, iam_action, body, params)
    if service == "kms":
        context = json.loads(body).get("EncryptionContext") or {}
        return {**found, **{f"kms:EncryptionContext:{key}": value for key, value in context.items()}}
    if service == "dynamodb":
        return {**found, **leading_keys(json.loads(body))}
    return found


def leading_keys(request):
    batches = request.get("RequestItems") or {}
    if batches:
        keys = [key_of(dynamodb._tables.get(name), row) for name, batch in batches.items() for row in rows_of(batch)]
    elif request.get("IndexName"):
        keys = [key_of_query(dynamodb._tables.get(request["TableName"]), request)]
    else:
        keys = [key_of(dynamodb._tables.get(request.get("TableName")), request.get("Key") or request.get("Item"))]
    return {"dynamodb:LeadingKeys": [key for key in keys if key is not None]}


def rows_of(batch):
    """Of a batch that reads, or one that writes."""
    if isinstance(batch, dict):
        return batch["Keys"]
    return [write["PutRequest"]["Item"] if "PutRequest" in write else write["DeleteRequest"]["Key"] for write in batch]


def key_of(table, row):
    return None if table is None or row is None else next(iter(row[table["pk_name"]].values()))


def key_of_query(table, request):
    """Of an index, the leading key is its own. An expression may name it by an alias, such as `#owner`."""
    index = next(one for one in table["GlobalSecondaryIndexes"] if one["IndexName"] == request["IndexName"])
    name = next(key["AttributeName"] for key in index["KeySchema"] if key["KeyType"] == "HASH")
    aliases = [alias for alias, full in request.get("ExpressionAttributeNames", {}).items() if full == name]
    written = "|".join([name, *aliases])
    value = re.match(rf"(?:{written}) = (:\w+)", request["KeyConditionExpression"]).group(1)
    return next(iter(request["ExpressionAttributeValues"][value].values()))


iam_actions.request_tag_context = request_context

# A function that may not run more often at once is refused under a name that Retriers compare. MiniStack gives no name, and has no
# metric of the functions that run at once.


def named_if_refused(result):
    if result.get("throttle"):
        result["body"]["errorType"] = "Lambda.TooManyRequestsException"
    return result


acquire = lambda_svc._acquire_execution_slot


def acquire_and_count(*args):
    slot = acquire(*args)
    cloudwatch.record_metric("AWS/Lambda", "ConcurrentExecutions", lambda_svc._inflight_total, "Count")
    return slot


lambda_svc._acquire_execution_slot = acquire_and_count

# An event of an HTTP API has the cookies of its request in a list. MiniStack leaves them in the headers.

replaced_once(inspect.getsource(apigateway._invoke_lambda_proxy), '"headers": dict(headers),', "")
execute_in_scope = lambda_svc._execute_function_with_config_scope


def execute_with_cookies(record, event, *rest):
    if isinstance(event, dict) and event.get("version") == "2.0":
        cookie = event["headers"].pop("cookie", None)
        if cookie is not None:
            event["cookies"] = [pair.strip() for pair in cookie.split(";")]
    return named_if_refused(execute_in_scope(record, event, *rest))


lambda_svc._execute_function_with_config_scope = execute_with_cookies

# A function writes to its log group only while the group is there: its role may not make one. MiniStack makes the group again for a
# function that still runs while its stack is deleted.

emit_logs = lambda_svc._emit_lambda_logs


def emit_logs_to_group(func, *rest, **more):
    if func["config"]["LoggingConfig"]["LogGroup"] in cloudwatch_logs._log_groups:
        emit_logs(func, *rest, **more)


lambda_svc._emit_lambda_logs = emit_logs_to_group

# A schedule is as much faster as every other wait. MiniStack knows a factor for the waits of Step Functions only, and looks
# every ten seconds.

parse_rate = eventbridge._parse_rate_seconds


def parse_faster_rate(expression):
    seconds = parse_rate(expression)
    return None if seconds is None else seconds * stepfunctions._SFN_WAIT_SCALE


eventbridge._parse_rate_seconds = parse_faster_rate
eventbridge._SCHEDULER_TICK_INTERVAL = 1

# An alarm may do sums with metrics. MiniStack refuses the stack; here such an alarm is there, and watches nothing.

alarm_record = provisioners._cw_metric_alarm_record


def record_of_any_alarm(name, properties):
    if not properties.get("Metrics"):
        return alarm_record(name, properties)
    plain = {key: value for key, value in properties.items() if key != "Metrics"}
    return alarm_record(name, {**plain, "Namespace": "Nothing", "MetricName": "Nothing"})


provisioners._cw_metric_alarm_record = record_of_any_alarm

# What refers to a secret of a template gets its ARN. MiniStack gives its name.

secret_handlers = provisioners._RESOURCE_HANDLERS["AWS::SecretsManager::Secret"]


def by_arn(handle):
    return lambda *args, **more: (lambda attributes: (attributes["Arn"], attributes))(handle(*args, **more)[1])


def by_name(handle):
    def handle_named(arn, *args, **more):
        found = [name for name, secret in provisioners._sm._secrets.items() if secret["ARN"] == arn]
        return handle(found[0] if found else arn, *args, **more)

    return handle_named


secret_handlers["create"] = by_arn(secret_handlers["create"])
secret_handlers["update"] = by_arn(by_name(secret_handlers["update"]))
secret_handlers["delete"] = by_name(secret_handlers["delete"])

# A request counts as one with TLS: policies of queues refuse all others. MiniStack runs without TLS here.

pin_origin = ministack.app.pin_request_origin
ministack.app.pin_request_origin = lambda address, _: pin_origin(address, True)

# /health is the API's own. MiniStack answers it itself, on every host.

ministack.app._HEALTH_PATHS = tuple(path for path in ministack.app._HEALTH_PATHS if path != "/health")

ministack.app.main()
