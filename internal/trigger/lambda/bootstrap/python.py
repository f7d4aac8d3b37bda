"""Runs a Python handler: loads it, and speaks the AWS Lambda Runtime API for it."""

import http.client
import importlib
import json
import logging
import os
import sys
import time
import traceback

root = os.environ["LAMBDA_TASK_ROOT"]
address, _, prefix = os.environ["AWS_LAMBDA_RUNTIME_API"].partition("/")
base = ("/" + prefix if prefix else "") + "/2018-06-01/runtime"
connection = http.client.HTTPConnection(address)


def call(method, route, body=None, headers=None):
    connection.request(method, base + route, body, {"Content-Type": "application/json", **(headers or {})})
    response = connection.getresponse()
    return response.headers, response.read()


def report(route, kind, message, trace=()):
    body = json.dumps({"errorType": kind, "errorMessage": message, "stackTrace": list(trace)})
    call("POST", route, body, {"Lambda-Runtime-Function-Error-Type": kind})


class Failed(Exception):
    def __init__(self, kind, message):
        super().__init__(message)
        self.kind = kind


def load(spec):
    module, dot, name = spec.rpartition(".")
    if not dot:
        raise Failed("Runtime.MalformedHandlerName", f"Bad handler '{spec}': not enough values to unpack (expected 2, got 1)")
    try:
        loaded = importlib.import_module(module.replace("/", "."))
    except ImportError as error:
        raise Failed("Runtime.ImportModuleError", f"Unable to import module '{module}': {error}") from error
    except SyntaxError as error:
        raise Failed("Runtime.UserCodeSyntaxError", f"Syntax error in module '{module}': {error}") from error
    if not hasattr(loaded, name):
        raise Failed("Runtime.HandlerNotFound", f"Handler '{name}' missing on module '{module}'")
    return getattr(loaded, name)


class Context:
    """What a handler may ask about its call."""

    def __init__(self, headers):
        self.aws_request_id = headers["Lambda-Runtime-Aws-Request-Id"]
        self.invoked_function_arn = headers["Lambda-Runtime-Invoked-Function-Arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = None
        self.client_context = None
        self._deadline = int(headers["Lambda-Runtime-Deadline-Ms"])

    def get_remaining_time_in_millis(self):
        return max(self._deadline - int(time.time() * 1000), 0)


def run(handler, headers, body):
    context = Context(headers)
    route = f"/invocation/{context.aws_request_id}"
    try:
        result = handler(json.loads(body), context)
    except Exception as error:
        report(f"{route}/error", type(error).__name__, str(error), traceback.format_tb(error.__traceback__))
        return
    try:
        text = json.dumps(result)
    except Exception as error:
        report(f"{route}/error", "Runtime.MarshalError", f"Unable to marshal response: {error}")
        return
    call("POST", f"{route}/response", text)


def main():
    sys.path.insert(0, root)
    logging.basicConfig(stream=sys.stderr, format="[%(levelname)s] %(message)s")
    try:
        handler = load(os.environ["_HANDLER"])
    except Failed as error:
        print(error, file=sys.stderr)
        report("/init/error", error.kind, str(error))
        sys.exit(1)
    except Exception as error:
        traceback.print_exc()
        report("/init/error", type(error).__name__, str(error))
        sys.exit(1)
    while True:
        run(handler, *call("GET", "/invocation/next"))


main()
