"""Makes calls of AWS, one after the other, in one process. A list of calls comes in, a list of lists goes out."""

import json
import sys

import botocore.session
import jmespath


def pages(client, operation, parameters):
    if client.can_paginate(operation):
        return client.get_paginator(operation).paginate(**parameters)
    return [getattr(client, operation)(**parameters)]


session = botocore.session.get_session()
clients = {}
answers = []
for call in json.load(sys.stdin):
    service = call["service"]
    clients.setdefault(service, session.create_client(service))
    found = [
        jmespath.search(call["query"], page) or []
        for page in pages(clients[service], call["operation"], call.get("parameters", {}))
    ]
    answers.append([item for page in found for item in page])
json.dump(answers, sys.stdout, default=str)
