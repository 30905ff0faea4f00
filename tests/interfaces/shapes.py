# SPDX-License-Identifier: GPL-2.0
"""Shapes of JSON: what a value has to be, written as a value.

    int, str, bool, float   any of that type (True is no int)
    "x", 3, None, True      just that
    re.compile("...")       a string that all of it matches
    (a, b)                  one of these shapes
    [a]                     a list of such, perhaps empty
    {"key": a, "other?": b} an object with these keys and no others; ? means: perhaps
"""

import re

UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
BALLOT = re.compile(r"[0-9]+\.[0-9]+")
ADDRESS = re.compile(r"([0-9.]+|\[[0-9a-f:]+\]):[0-9]+")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


def mismatch(shape, value, where="it"):
    """What is wrong with the value, in words; None if nothing is."""
    if isinstance(shape, tuple):
        problems = [mismatch(one, value, where) for one in shape]
        return problems[-1] if all(problems) else None
    if isinstance(shape, type):
        return None if type(value) is shape else f"{where} is {value!r}, no {shape.__name__}"
    if isinstance(shape, re.Pattern):
        fits = isinstance(value, str) and shape.fullmatch(value)
        return None if fits else f"{where} is {value!r}, not like {shape.pattern}"
    if isinstance(shape, dict):
        return object_mismatch(shape, value, where)
    if isinstance(shape, list):
        if not isinstance(value, list):
            return f"{where} is {value!r}, no list"
        problems = (mismatch(shape[0], one, f"{where}[{i}]") for i, one in enumerate(value))
        return next(filter(None, problems), None)
    fits = type(value) is type(shape) and value == shape
    return None if fits else f"{where} is {value!r}, not {shape!r}"


def object_mismatch(shape, value, where):
    if not isinstance(value, dict):
        return f"{where} is {value!r}, no object"
    keys = {key.rstrip("?"): key for key in shape}
    for key in value:
        if key not in keys:
            return f"{where} has {key!r}, which is not in the contract"
    for key, spelled in keys.items():
        if key in value:
            problem = mismatch(shape[spelled], value[key], f"{where}.{key}")
            if problem:
                return problem
        elif key == spelled:
            return f"{where} lacks {key!r}"
    return None


def optional_keys(shape):
    """Names of keys that an object may lack, anywhere in it."""
    if isinstance(shape, dict):
        own = {key.rstrip("?") for key in shape if key.endswith("?")}
        return own.union(*map(optional_keys, shape.values()))
    if isinstance(shape, (list, tuple)):
        return set().union(*map(optional_keys, shape))
    return set()


def spoilt(value, optional):
    """The value with one thing wrong: a key less, one more, another type."""
    if isinstance(value, dict):
        yield {**value, "surplus": 1}
        for key in value:
            if key not in optional:
                yield {name: one for name, one in value.items() if name != key}
            for other in spoilt(value[key], optional):
                yield {**value, key: other}
    elif isinstance(value, list):
        yield {}
        for other in spoilt(value[0], optional) if value else ():
            yield [other] + value[1:]
    else:
        yield [value]
