"""Moto's interpreter of state machines, on a port of this machine, until the program that started it has ended.

The functions are those of the server at FUNCTIONS_URL, which also hears of every wait. Waits do not take any time, and a Task
that waits for its token times out at once if its time-out is a day or less. All else is moto's.
"""

import logging
import os
import time
from urllib.parse import urlencode
from urllib.request import urlopen

import boto3
from botocore.config import Config
from moto.core.config import default_user_config
from moto.moto_server.threaded_moto_server import ThreadedMotoServer
from moto.stepfunctions.parser.asl.component.common.retry.jitter_strategy_decl import JitterStrategyDecl
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import WaitFunction
from moto.stepfunctions.parser.asl.eval.callback.callback import CallbackEndpoint

STARTED_BY = os.getppid()
FUNCTIONS_URL = os.environ["FUNCTIONS_URL"]
PASSES_AT_ONCE_SECONDS = 24 * 3600

# Moto would look for the functions in its own Lambda, which needs Docker.

functions = boto3.client(
    "lambda",
    endpoint_url=FUNCTIONS_URL,
    region_name="us-east-1",
    aws_access_key_id="test",
    aws_secret_access_key="test",
    config=Config(parameter_validation=False, retries={"total_max_attempts": 1}, max_pool_connections=100),
)
lambda_eval_utils.boto_client_for = lambda **_: functions


def pass_time(env, seconds):
    name = env.states.context_object.context_object_data["Execution"]["Name"]
    urlopen(f"{FUNCTIONS_URL}/waits?{urlencode({'execution': name, 'seconds': seconds})}", data=b"").close()


def wait_no_time(self, env, wait_seconds):
    pass_time(env, wait_seconds)


WaitFunction._wait_interval = wait_no_time

# The last that is evaluated before a retry waits.
evaluate_jitter = JitterStrategyDecl._eval_body


def retry_at_once(self, env):
    evaluate_jitter(self, env)
    pass_time(env, env.stack.pop())
    env.stack.append(0)


JitterStrategyDecl._eval_body = retry_at_once

wait_for_answer = CallbackEndpoint.wait


def wait_for_answer_or_no_time(self, timeout=None):
    passes = timeout is not None and timeout <= PASSES_AT_ONCE_SECONDS
    return wait_for_answer(self, 0 if passes else timeout)


CallbackEndpoint.wait = wait_for_answer_or_no_time

logging.getLogger("werkzeug").setLevel(logging.ERROR)
default_user_config["stepfunctions"] = {"execute_state_machine": True}
server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
host, port = server.get_host_and_port()
print(f"listening on http://{host}:{port}", flush=True)
while os.getppid() == STARTED_BY:
    time.sleep(0.5)
