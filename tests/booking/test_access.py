"""Whoever may not is refused: without a role, of another ward, of another team."""

from tests.booking.desk import OTHER_WARD, WARD, Booking, problem, some_id

STAFF_ONLY = [
    ("POST", "/booking/v1/slots"),
    ("GET", "/booking/v1/officers"),
    ("GET", "/booking/v1/walks"),
    ("GET", "/booking/v1/walks/overdue"),
    ("GET", f"/booking/v1/walks/{some_id()}"),
    ("POST", f"/booking/v1/walks/{some_id()}/start"),
    ("POST", f"/booking/v1/walks/{some_id()}/end"),
    ("POST", f"/booking/v1/walks/{some_id()}/cancel"),
    ("GET", f"/booking/v1/walks/{some_id()}/contact"),
]


async def test_staff_routes_refuse_whoever_may_not(booking: Booking) -> None:
    issuer = booking.issuer
    expired = issuer.sign(issuer.claims(exp=1_600_000_000, roles=["coordinator", "officer"]))
    elsewhere = issuer.sign(issuer.claims(aud="reporting", roles=["coordinator"]))
    tokens = [f"Bearer {token}" for token in (expired, elsewhere, "x.y.z")]
    partner = issuer.bearer("partner", "analyst")
    for method, path in STAFF_ONLY:
        for header in ({}, *({"Authorization": token} for token in tokens)):
            answer = await booking.http.request(method, path, headers=header)
            expected = "token-refused" if header else "not-signed-in"
            assert (answer.status_code, problem(answer)) == (401, expected), path
        wrong = 401 if path.endswith("/contact") else 403
        assert (await booking.http.request(method, path, headers=partner)).status_code == wrong


async def test_a_contact_is_for_notifications_alone(booking: Booking) -> None:
    walk = await booking.walk()
    path = f"/booking/v1/walks/{walk['id']}/contact"
    issuer = booking.issuer
    for headers, status in (
        (issuer.bearer("coordinator"), 401),
        (issuer.bearer_service("notifications", audience="concerns"), 401),
        (issuer.bearer_service("reporting", audience="booking"), 403),
    ):
        assert (await booking.http.get(path, headers=headers)).status_code == status
    assert await booking.rows("select from audit") == []


async def test_another_ward_s_staff_may_neither_open_act_nor_read(booking: Booking) -> None:
    walk = await booking.walk()
    stranger = booking.issuer.bearer(
        "officer", "coordinator", subject="officer-1", wards=[OTHER_WARD]
    )
    for verb in ("start", "end", "cancel"):
        assert (await booking.acts(walk, verb, headers=stranger)).status_code == 403
    read = await booking.http.get(f"/booking/v1/walks/{walk['id']}", headers=stranger)
    assert read.status_code == 403
    listed = await booking.http.get("/booking/v1/walks", headers=stranger)
    assert listed.json()["items"] == []
    opened = await booking.http.post(
        "/booking/v1/slots",
        json={
            "officer_id": booking.officers[0],
            "ward": WARD,
            "starts_at": "2027-01-13T19:00:00Z",
            "minutes": 30,
            "near": "x",
            "meeting_point": {"name": "x", "coordinates": booking.place()},
        },
        headers=stranger,
    )
    assert opened.status_code == 403


async def test_an_officer_of_another_team_may_not_act(booking: Booking) -> None:
    walk = await booking.walk()
    stranger = booking.issuer.bearer("officer", subject="officer-of-nowhere")
    answer = await booking.acts(walk, "start", headers=stranger)
    assert (answer.status_code, problem(answer)) == (403, "not-in-team")


async def test_a_bad_token_is_refused_where_none_would_do(booking: Booking) -> None:
    headers = {"Authorization": "Bearer forged"}
    assert (await booking.http.get("/booking/v1/slots", headers=headers)).status_code == 401
