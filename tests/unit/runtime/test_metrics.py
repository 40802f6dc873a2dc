"""The metrics: their text, who may read them, what is counted and what never is."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from engine.errors import StorageUnavailable
from engine.service.jobs import known_kind
from runtime.metrics.requests import Measured
from runtime.metrics.text import Family, Histogram, Sample, exposed
from tests.oracle.exposition import read_exposition

TOKEN = "a-token-of-the-metrics"
BEARER = {"Authorization": f"Bearer {TOKEN}"}


def house_numbers() -> list[Family]:
    return [Family(name="banjie_things", kind="gauge", told="Things.", samples=[Sample(value=3)])]


def unreachable() -> list[Family]:
    raise StorageUnavailable


def a_site() -> FastAPI:
    site = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)

    @site.get("/cases/{case_id}")
    def case(case_id: str) -> str:
        return case_id

    @site.get("/anonymous/query")
    def query() -> str:
        return ""

    return site


def measured(site: FastAPI) -> TestClient:
    site.add_middleware(Measured, token=TOKEN, families=house_numbers)
    return TestClient(site)


def test_a_histogram_counts_up_to_each_bound_the_bound_included() -> None:
    histogram = Histogram([1, 2.5])
    for value in (0.5, 1, 2, 9):
        histogram.add(value)
    assert exposed([Family(name="h", kind="histogram", told="H.", samples=histogram.samples())]) == (
        "# HELP h H.\n# TYPE h histogram\n"
        'h_bucket{le="1"} 2\nh_bucket{le="2.5"} 3\nh_bucket{le="+Inf"} 4\nh_sum 12.5\nh_count 4\n'
    )


def test_labels_are_written_so_that_they_end_where_they_end() -> None:
    sample = Sample(value=1, labels=[("a", 'x"\\\ny'), ("b", "z")])
    assert 'n{a="x\\"\\\\\\ny",b="z"} 1\n' in exposed([Family(name="n", kind="gauge", told="N.", samples=[sample])])


def test_requests_are_counted_by_the_template_of_their_address() -> None:
    client = measured(a_site())
    for path in ("/cases/TA-1", "/cases/TA-2", "/nowhere/TA-3", "/static/style.css"):
        client.get(path)
    client.post("/cases/TA-4")
    client.request("BREW", "/cases/TA-5")
    text = client.get("/metrics", headers=BEARER).text
    assert 'banjie_requests_total{method="GET",route="/cases/{case_id}",status="200"} 2\n' in text
    assert 'banjie_requests_total{method="GET",route="none",status="404"} 1\n' in text
    assert 'banjie_requests_total{method="GET",route="/static",status="404"} 1\n' in text
    assert 'banjie_requests_total{method="POST",route="/cases/{case_id}",status="405"} 1\n' in text
    assert 'banjie_requests_total{method="other",' in text
    assert "banjie_request_seconds_count 6\n" in text
    assert text.endswith("banjie_things 3\n")
    assert "TA-" not in text
    assert "BREW" not in text


def test_what_somebody_asks_at_the_anonymous_entrance_leaves_no_number() -> None:
    client = measured(a_site())
    assert client.get("/anonymous/query").status_code == 200
    text = client.get("/metrics", headers=BEARER).text
    assert "anonymous/" not in text
    assert "banjie_request_seconds_count 0\n" in text


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"}, {"Authorization": "Bearer "}],
)
def test_without_the_token_the_address_does_not_exist(headers: dict[str, str]) -> None:
    client = measured(a_site())
    asked, elsewhere = client.get("/metrics", headers=headers), client.get("/metricks", headers=headers)
    assert (asked.status_code, asked.text, asked.headers) == (404, elsewhere.text, elsewhere.headers)


def test_metrics_are_plain_text_that_nobody_keeps() -> None:
    headers = measured(a_site()).get("/metrics", headers=BEARER).headers
    assert headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert headers["cache-control"] == "no-store"


def test_a_database_that_does_not_answer_is_told_as_503() -> None:
    site = a_site()
    site.add_middleware(Measured, token=TOKEN, families=unreachable)
    answer = TestClient(site).get("/metrics", headers=BEARER)
    assert answer.status_code == 503
    assert StorageUnavailable().text.zh in answer.text


@pytest.mark.parametrize(
    ("kind", "known"),
    [("deliver:email", "deliver"), ("sweep", "sweep"), ("witness:host.example", "witness"), ("x:1", "other")],
)
def test_a_kind_of_job_is_one_of_few_words(kind: str, known: str) -> None:
    assert known_kind(kind) == known


def test_the_text_is_read_back_by_the_grammar_of_the_format() -> None:
    seconds = Histogram((0.1, 1))
    for each in (0.05, 0.5, 0.5, 7):
        seconds.add(each)
    odd = 'a "quote", a \\ and\na line'
    families = [
        Family(name="banjie_things", kind="gauge", told="Things.", samples=[Sample(value=3, labels=(("of", odd),))]),
        Family(name="banjie_seconds", kind="histogram", told="Seconds.", samples=seconds.samples()),
    ]
    read = read_exposition(exposed(families))
    assert read["banjie_things"].samples == {("banjie_things", (("of", odd),)): 3}
    assert (read["banjie_things"].kind, read["banjie_things"].told) == ("gauge", "Things.")
    told = {labels[0][1]: value for (name, labels), value in read["banjie_seconds"].samples.items() if labels}
    assert [told[le] for le in sorted(told)] == [4, 1, 3]  # "+Inf" stands before the digits
    assert read["banjie_seconds"].samples["banjie_seconds_sum", ()] == pytest.approx(8.05)


@pytest.mark.parametrize(
    "text",
    [
        "banjie_things 3\n",  # without its type
        "# TYPE a gauge\na 3",  # the last line does not end
        "# TYPE a gauge\na 3\na 4\n",
        '# TYPE a gauge\na{b="c} 3\n',
        "# TYPE a gauge\n# TYPE b gauge\na 3\n",
        '# TYPE a histogram\na_bucket{le="1"} 3\na_bucket{le="+Inf"} 2\na_sum 1\na_count 2\n',
        '# TYPE a histogram\na_bucket{le="+Inf"} 2\na_sum 1\na_count 3\n',
    ],
)
def test_what_a_scraper_would_refuse_is_refused_by_the_reader(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_exposition(text)
