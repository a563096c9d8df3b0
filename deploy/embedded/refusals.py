"""Why the platform does not start, in one line, with an exit code of ``sysexits.h``.

    CannotStart
    |- NotWritable 73        |- OtherAreas 78       |- NotRunning 69
    |- PortInUse 75          |- BadInput 65         |- PartFailed 71
    `- AlreadyRunning 75     `- PartsMissing 72

Invariant: the words say what is wrong and what to do, on one line, and quote no secret.
"""

import os
from typing import ClassVar


class CannotStart(Exception):
    """The platform does not start."""

    code: ClassVar[int] = os.EX_SOFTWARE


class NotWritable(CannotStart):
    """The state folder cannot be written."""

    code = os.EX_CANTCREAT


class PortInUse(CannotStart):
    """Something else listens on the port."""

    code = os.EX_TEMPFAIL


class AlreadyRunning(CannotStart):
    """Another instance holds the state folder."""

    code = os.EX_TEMPFAIL


class OtherAreas(CannotStart):
    """The state folder belongs to other wards."""

    code = os.EX_CONFIG


class BadInput(CannotStart):
    """A setting or a file is not what it should be."""

    code = os.EX_DATAERR


class PartsMissing(CannotStart):
    """Python is too old, or a package is not installed."""

    code = os.EX_OSFILE


class PartFailed(CannotStart):
    """PostgreSQL, the broker or the services do not come up."""

    code = os.EX_OSERR


class NotRunning(CannotStart):
    """A command needs the running platform, and it is not."""

    code = os.EX_UNAVAILABLE
