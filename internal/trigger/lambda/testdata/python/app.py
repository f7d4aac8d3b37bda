import logging
import os
import subprocess
import sys
import time

calls = 0


def claims(event, context):
    global calls
    calls += 1
    event["response"]["claimsAndScopeOverrideDetails"] = {
        "accessTokenGeneration": {"claimsToAddOrOverride": {"calls": calls, "pid": os.getpid()}}
    }
    return event


def throws(event, context):
    raise ValueError("names have more letters")


def null(event, context):
    return None


def shape(event, context):
    return {**event, "response": {"claims": {}}}


def big(event, context):
    return {**event, "padding": "x" * 6291556}


def crash(event, context):
    sys.exit(3)


def abort(event, context):
    os.abort()


def hang(event, context):
    while True:
        pass


def fork(event, context):
    for i in range(3):
        subprocess.Popen(["sleep", "1000"], start_new_session=i > 0)
    time.sleep(1000)


def forkAndAnswer(event, context):
    subprocess.Popen(["sleep", "1000"], start_new_session=True)
    return event


def memory(event, context):
    held = []
    while True:
        held.append(bytearray(32 << 20))


def unserializable(event, context):
    return {**event, "seen": {1, 2}}


def log(event, context):
    print("one")
    logging.error("two")
    return event


def env(event, context):
    event["seen"] = dict(os.environ)
    return event


def context(event, context):
    event["seen"] = {
        "id": context.aws_request_id, "arn": context.invoked_function_arn, "name": context.function_name,
        "left": context.get_remaining_time_in_millis(),
    }
    return event


def handler(event, context_):
    return globals()[event["request"]["clientMetadata"]["do"]](event, context_)
