"""Pre-token-generation trigger: reads what a table knows about an employee and puts it into the access token."""

import csv
import os
import sqlite3
import sys

FIELDS = ("department", "clearance", "cost_center")


def handler(event, context):
    attributes = event["request"]["userAttributes"]
    if attributes.get("email_verified") != "true":
        raise PermissionError("The email address of this account is not verified")
    row = find(attributes["email"])
    if row is None or not row["active"]:
        raise PermissionError("This account belongs to no active employee")
    event["response"]["claimsAndScopeOverrideDetails"] = {
        "accessTokenGeneration": {"claimsToAddOrOverride": {name: row[name] for name in FIELDS}},
    }
    return event


def find(email):
    with sqlite3.connect(f"file:{os.environ['TABLE']}?mode=ro", uri=True) as table:
        table.row_factory = sqlite3.Row
        return table.execute("SELECT * FROM staff WHERE email = ?", (email.lower(),)).fetchone()


def load(path, source):
    with sqlite3.connect(path) as table, open(source, newline="") as lines:
        table.execute("DROP TABLE IF EXISTS staff")
        table.execute(
            "CREATE TABLE staff (email TEXT PRIMARY KEY, department TEXT, clearance INTEGER, cost_center TEXT, active INTEGER)"
        )
        table.executemany(
            "INSERT INTO staff VALUES (:email, :department, :clearance, :cost_center, :active)", csv.DictReader(lines)
        )


if __name__ == "__main__":
    load(sys.argv[2], sys.argv[3])
