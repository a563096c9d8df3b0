"""Log lines: one shape, and nothing in them that a row or a request could have brought."""

import asyncio
import io
import json
import logging
from collections.abc import Generator
from typing import Any

import asyncpg
import pytest
from opentelemetry.sdk.trace import TracerProvider

from shared.log import adopt_libraries, make_logger
from shared.postgres import Database

PLANTED = "Ada Planted"


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def adopted(stream: io.StringIO) -> Generator[None]:
    """Libraries speak into the stream; afterwards pytest has its handlers back."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    adopt_libraries(make_logger("booking", stream=stream))
    yield
    root.handlers, root.level = handlers, level
    logging.getLogger("uvicorn.access").disabled = False


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_json_and_names_service_level_and_moment(stream: io.StringIO) -> None:
    make_logger("booking", stream=stream).info("walk.booked", walk="w1")
    (line,) = lines(stream)
    assert line | {"timestamp": ""} == {
        "service": "booking",
        "event": "walk.booked",
        "walk": "w1",
        "level": "info",
        "timestamp": "",
    }


def test_a_line_within_a_span_names_its_trace(stream: io.StringIO) -> None:
    log = make_logger("booking", stream=stream)
    with TracerProvider().get_tracer("t").start_as_current_span("s") as span:
        log.info("walk.booked")
    assert lines(stream)[0]["trace"] == f"{span.get_span_context().trace_id:032x}"


def test_what_is_below_the_level_is_not_written(stream: io.StringIO) -> None:
    make_logger("booking", "warning", stream=stream).info("walk.booked")
    assert stream.getvalue() == ""


def test_an_exception_is_told_by_class_and_place_and_not_by_its_words(stream: io.StringIO) -> None:
    log = make_logger("booking", stream=stream)
    try:
        raise ValueError(PLANTED)
    except ValueError:
        log.exception("walk.failed")
    (line,) = lines(stream)
    assert line["error"] == "ValueError"
    assert "test_log.py:" in line["at"]
    assert PLANTED not in stream.getvalue()


async def test_a_database_error_is_told_by_sqlstate_and_constraint_without_the_row(
    shared_database: Database, stream: io.StringIO
) -> None:
    log = make_logger("booking", stream=stream)
    try:
        async with shared_database.transaction() as connection:
            await connection.execute("create table planted (name text constraint once unique)")
            for _ in range(2):
                await connection.execute("insert into planted values ($1)", PLANTED)
    except asyncpg.UniqueViolationError:
        log.exception("walk.failed")
    (line,) = lines(stream)
    assert (line["sqlstate"], line["constraint"]) == ("23505", "once")
    assert PLANTED not in stream.getvalue()


@pytest.mark.usefixtures("adopted")
def test_what_a_library_says_comes_out_in_the_same_shape(stream: io.StringIO) -> None:
    logging.getLogger("aiokafka.cluster").warning("Topic %s not found", "t")
    (line,) = lines(stream)
    assert line["event"] == "library.said"
    assert (line["service"], line["logger"], line["said"]) == (
        "booking",
        "aiokafka.cluster",
        "Topic t not found",
    )


@pytest.mark.usefixtures("adopted")
def test_the_words_of_a_library_that_is_not_known_are_not_told(stream: io.StringIO) -> None:
    logging.getLogger("chatty").error("refused %s", PLANTED)
    (line,) = lines(stream)
    assert line["logger"] == "chatty"
    assert PLANTED not in stream.getvalue()


@pytest.mark.usefixtures("adopted")
def test_what_is_said_again_and_again_is_counted_and_not_repeated(stream: io.StringIO) -> None:
    for _ in range(100):
        logging.getLogger("aiokafka").error("Unable to connect")
    assert len(lines(stream)) == 1


@pytest.mark.usefixtures("adopted")
async def test_a_task_that_nobody_awaited_is_told_without_what_it_held(
    stream: io.StringIO,
) -> None:
    loop = asyncio.get_running_loop()
    error = ValueError(PLANTED)
    loop.call_exception_handler(
        {"message": "Task exception was never retrieved", "exception": error, "future": PLANTED}
    )
    (line,) = lines(stream)
    assert line["said"] == "Task exception was never retrieved"
    assert line["error"] == "ValueError"
    assert PLANTED not in stream.getvalue()
