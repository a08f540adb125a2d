"""Work done with the rights of somebody else: what was written by an app is read as that app.

A file that an app made may be made to fool whoever reads it. Read by root, it could turn root on
another file; read by its owner, it gets nowhere.
"""

from __future__ import annotations

import json
import os
import pwd
import signal
from typing import Any, Callable, Dict

from seawall.agent import system


def nobody() -> "tuple[int, int]":
    """The account that owns nothing, as user and group."""
    account = pwd.getpwnam("nobody")
    return account.pw_uid, account.pw_gid


def lowered(uid: int, gid: int, work: Callable[[], Any]) -> Any:
    """What `work` returns, done in a child with these rights; it has to survive JSON.

    StepError when the work raised one, or ended without an answer.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        _answer(writing, lambda: _as(uid, gid, work))
    os.close(writing)
    try:
        with os.fdopen(reading, "rb") as file:
            said = file.read()
    except BaseException:
        os.kill(child, signal.SIGKILL)
        raise
    finally:
        os.waitpid(child, 0)
    return _told(said)


def _as(uid: int, gid: int, work: Callable[[], Any]) -> Any:
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    return work()


def _answer(writing: int, work: Callable[[], Any]) -> None:
    """The whole life of the child."""
    told: Dict[str, Any]
    try:
        told = {"answer": work()}
    except system.StepError as error:
        told = {"problem": error.problem, "output": error.output}
    except BaseException as error:
        told = {"problem": f"{type(error).__name__}: {error}", "output": ""}
    try:
        with os.fdopen(writing, "wb") as file:
            file.write(json.dumps(told).encode())
    finally:
        os._exit(0)


def _told(said: bytes) -> Any:
    if not said:
        raise system.StepError("the work was killed half way", "is there enough memory?")
    told = json.loads(said)
    if "problem" in told:
        raise system.StepError(told["problem"], told["output"])
    return told["answer"]
