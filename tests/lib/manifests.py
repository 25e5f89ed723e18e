# SPDX-License-Identifier: MIT
"""Kubernetes manifests, by the models of its own client: their kinds, keys and types, and what is required.

manifests.py check FILE...   is there anything in them that Kubernetes would not understand, or would leave out?
kubernetes.py pod FILE        the one pod, or pod's template, of a file, as variables for bash
"""
import re
import shlex
import sys

import yaml
from kubernetes.client import models

SCALARS = {"str": str, "int": int, "bool": bool, "float": (int, float), "object": object}
# A name of a volume, and of whatever an object is called by.
NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")


class Wrong(Exception):
    pass


def model_of(document):
    """apps/v1, DaemonSet is V1DaemonSet."""
    version = document["apiVersion"].rsplit("/", 1)[-1]
    name = version[:1].upper() + version[1:] + document["kind"]
    if not hasattr(models, name):
        raise Wrong(f"found {document['apiVersion']} {document['kind']}, expected a kind of object")
    return name


def check(value, kind, place):
    """What there is of a value in the client's terms; raises Wrong where it has none."""
    inner = re.fullmatch(r"(list|dict)[\[(](?:str, )?(.+)[\])]", kind)
    if inner:
        container, kind = inner.groups()
        if not isinstance(value, {"list": list, "dict": dict}[container]):
            raise Wrong(f"{place}: found {value!r}, expected a {container}")
        pairs = list(enumerate(value) if container == "list" else value.items())
        return [check(one, kind, f"{place}[{key}]") for key, one in pairs]
    if kind in SCALARS:
        # True is an int to Python, and no number to Kubernetes.
        if not isinstance(value, SCALARS[kind]) or (isinstance(value, bool) and kind not in ("bool", "object")):
            raise Wrong(f"{place}: found {value!r}, expected {kind}")
        return value
    return check_object(value, getattr(models, kind), place)


def check_object(value, model, place):
    if not isinstance(value, dict):
        raise Wrong(f"{place}: found {value!r}, expected {model.__name__}")
    known = {key: name for name, key in model.attribute_map.items()}
    arguments = {}
    for key, one in value.items():
        if key not in known:
            raise Wrong(f"{place}.{key}: found a key that {model.__name__} does not have")
        arguments[known[key]] = check(one, model.openapi_types[known[key]], f"{place}.{key}")
    try:
        return model(**arguments)
    except ValueError as error:
        raise Wrong(f"{place}: {error}") from None


def pod_of(document):
    return document if document["kind"] == "Pod" else document["spec"]["template"]


def containers_of(spec):
    return spec.get("initContainers", []) + spec["containers"]


def check_pod(pod, place):
    """What the API server looks at besides: names, and that what is referred to is there."""
    spec = pod["spec"]
    volumes = [volume["name"] for volume in spec.get("volumes", [])]
    containers = [container["name"] for container in containers_of(spec)]
    for names in volumes, containers[:len(spec.get("initContainers", []))], containers[-len(spec["containers"]):]:
        if len(set(names)) != len(names) or not all(map(NAME.fullmatch, names)):
            raise Wrong(f"{place}: found {names}, expected names that differ")
    mounted = {mount["name"] for container in containers_of(spec) for mount in container.get("volumeMounts", [])}
    if mounted != set(volumes):
        raise Wrong(f"{place}: found mounts of {sorted(mounted)}, expected {sorted(volumes)}")


def check_file(name):
    documents = list(yaml.safe_load_all(open(name)))
    for number, document in enumerate(documents):
        place = f"{name}[{number}]"
        check_object(document, getattr(models, model_of(document)), place)
        pod = pod_of(document)
        check_pod(pod, place)
        if pod is not document:
            labels = pod["metadata"]["labels"].items()
            if not document["spec"]["selector"]["matchLabels"].items() <= labels:
                raise Wrong(f"{place}: the selector does not match the template's labels")


def words(name, values):
    print(f"{name}=({' '.join(shlex.quote(str(value)) for value in values)})")


def print_pod(name):
    """Arrays; those of a container begin with its name and are empty where it does not say."""
    [document] = yaml.safe_load_all(open(name))
    spec = pod_of(document)["spec"]
    security = spec.get("securityContext", {})
    words("sysctls", [f"{one['name']}={one['value']}" for one in security.get("sysctls", [])])
    for volume in spec.get("volumes", []):
        empty = volume.get("emptyDir")
        words(f"volume_{volume['name']}", ["secret"] if empty is None else [empty.get("medium", "disk")])
    for container in containers_of(spec):
        prefix, own = container["name"], container.get("securityContext", {})
        words(f"{prefix}_command", container.get("command", []))
        words(f"{prefix}_env", [f"{one['name']}={one['value']}" for one in container.get("env", [])])
        words(f"{prefix}_mounts", [":".join((one["name"], one["mountPath"], one.get("subPath", ""),
              "ro" if one.get("readOnly") else "rw")) for one in container.get("volumeMounts", [])])
        words(f"{prefix}_root", ["ro" if own.get("readOnlyRootFilesystem") else "rw"])
        words(f"{prefix}_user", ["privileged" if own.get("privileged") else security.get("runAsUser", 0)])
        words(f"{prefix}_ports", [one["containerPort"] for one in container.get("ports", [])])


def main():
    try:
        if sys.argv[1] == "pod":
            print_pod(sys.argv[2])
        else:
            for name in sys.argv[2:]:
                check_file(name)
    except (Wrong, yaml.YAMLError) as error:
        sys.exit(f"manifests: {error}")


main()
