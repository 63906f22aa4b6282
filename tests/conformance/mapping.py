"""What the tables must say, worked out from boto3's service model and an API response.

The rules, and nothing of lightsail-sql's own code: a column is the member's path in snake case; wrappers add no prefix;
a list of structures is a table of its own; the tags of a resource are one map; what is absent is None.
"""

import re
from datetime import datetime, timezone

WRAPPERS = {"location", "hardware", "networking", "monthlyTransfer"}
RENAMED = {
    ("location", "regionName"): "region",
    ("state", "name"): "state",
    ("instanceStatus", "status"): "instance_status",
    ("systemStatus", "status"): "system_status",
}
CHILDREN = {"disks": "disks", "ports": "ports", "tags": "tags", "addOns": "add_ons"}


def snake(name):
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda match: "_" + match[1].lower(), name)


def instant(value):
    """Milliseconds since 1970 of a datetime, of epoch seconds or of ISO text that names its zone."""
    if value is None:
        return None
    if isinstance(value, str):
        value = datetime.fromisoformat(value.replace("Z", "+00:00"))
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone: {value}")
    if isinstance(value, datetime):
        value = value.astimezone(timezone.utc).timestamp()
    return round(value * 1000)


def normal(shape, value):
    """A response value of this shape with its times as milliseconds, so that all clients' answers compare."""
    if value is None:
        return None
    if shape.type_name == "timestamp":
        return instant(value)
    if shape.type_name == "structure":
        return {key: normal(shape.members[key], item) for key, item in value.items()}
    if shape.type_name == "list":
        return [normal(shape.member, item) for item in value]
    return value


def leaves(value, path=()):
    """The path of every leaf: scalars and empty lists."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = [leaf for key, item in items for leaf in leaves(item, (*path, key))]
    return found or [path]


def members(shape, path=()):
    """(path, shape, column) of all members that are no structure; a list of structures is a leaf here."""
    for key, member in shape.members.items():
        here = (*path, key)
        if member.type_name == "structure":
            yield from members(member, here)
        else:
            parts = [snake(part) for part in here[:-1] if part not in WRAPPERS] + [snake(key)]
            yield here, member, RENAMED.get(here, "_".join(parts))


def dig(value, path):
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def is_structures(shape):
    return shape.type_name == "list" and shape.member.type_name == "structure"


class Fleet:
    """The rows of all tables for the instances of one region, and the leaves of the response that they leave out."""

    def __init__(self, shape, instances, region):
        self.rows = {"instances": [], "disks": [], "ports": [], "tags": [], "add_ons": []}
        self.lost = []
        self._shapes = {}
        for instance in instances:
            self._seen = set()
            keys = {"account_id": instance["arn"].split(":")[4], "region": region}
            self._add("instances", shape, instance, keys, ())
            self.lost += [(instance["name"], *path) for path in leaves(instance) if path not in self._seen]

    def read(self, table, row):
        """A row of lightsail-sql's JSON with its times as milliseconds and without its profile, which no API tells."""
        shapes = self._shapes.get(table, {})
        return {key: times(shapes.get(key), value) for key, value in row.items() if key != "profile"}

    def _add(self, table, shape, value, keys, at):
        row = dict(keys)
        for path, member, column in members(shape):
            item, here = dig(value, path), (*at, *path)
            child = CHILDREN.get(path[-1]) if is_structures(member) else None
            if child:
                self._children(child, member.member, value, item, keys, here)
            else:
                if column in row and column != "region":
                    raise ValueError(f"{table}.{column} has two members of the API")
                row[column] = cell(member, item)
                self._shapes.setdefault(table, {})[column] = member
                self._seen.update((*here, *path) for path in leaves(item))
            if child == "tags":
                row[column] = None if item is None else {tag["key"]: tag.get("value") for tag in item}
        # Where a resource does not say its region, it is the one that was asked.
        row["region"] = row["region"] or keys["region"]
        self.rows[table].append(row)

    def _children(self, table, shape, parent, items, keys, at):
        keys = {"account_id": keys["account_id"], "region": keys["region"]}
        if table in ("disks", "ports"):
            keys |= {"instance_name": parent.get("name"), "instance_arn": parent.get("arn")}
        else:
            keys |= {"resource_type": parent.get("resourceType")}
            keys |= {"resource_name": parent.get("name"), "resource_arn": parent.get("arn")}
        if not items:
            self._seen.add(at)
        for number, item in enumerate(items or []):
            self._add(table, shape, item, keys, (*at, number))


def cell(shape, value):
    """A value as its cell holds it: structures with all their members, in snake case."""
    if value is None:
        return None
    if shape.type_name == "list":
        return [cell(shape.member, item) for item in value]
    if shape.type_name == "structure":
        return {snake(key): cell(member, value.get(key)) for key, member in shape.members.items()}
    return value


def times(shape, value):
    """A cell with its times as milliseconds."""
    if value is None or shape is None:
        return value
    if shape.type_name == "timestamp":
        return instant(value)
    if shape.type_name == "list":
        return [times(shape.member, item) for item in value]
    if shape.type_name == "structure":
        shapes = {snake(key): member for key, member in shape.members.items()}
        return {key: times(shapes.get(key), item) for key, item in value.items()}
    return value
