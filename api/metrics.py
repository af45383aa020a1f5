"""Counters for Prometheus, in a registry of their own: two apps in one process do not share them."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from records.overview import Tallies

LATENCY_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds, seconds; the promise for intake lies at one second."""


class Metrics:
    """What one app counts; label `route` is the path template, never the path."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "lianzhi_http_requests", "Requests answered.", ["method", "route", "status"], registry=self.registry
        )
        self.latency_s = Histogram(
            "lianzhi_http_request_seconds",
            "Time until the answer was complete.",
            ["method", "route"],
            buckets=LATENCY_BUCKETS_S,
            registry=self.registry,
        )
        self.intake_s = Histogram(
            "lianzhi_intake_seconds",
            "Time from an observation's arrival until its case is stored and its run is started.",
            buckets=LATENCY_BUCKETS_S,
            registry=self.registry,
        )
        self.observations = Counter(
            "lianzhi_observations",
            "Observations by outcome: created, repeated, refused.",
            ["outcome"],
            registry=self.registry,
        )
        self.cases = Gauge("lianzhi_cases", "Cases by stage of the life cycle.", ["stage"], registry=self.registry)
        self.outbox = Gauge("lianzhi_outbox_pending", "Messages that wait to be delivered.", registry=self.registry)
        self.dead = Gauge("lianzhi_outbox_dead", "Messages that were given up.", registry=self.registry)

    def set_tallies(self, tallies: Tallies) -> None:
        """Take over what the records count."""
        for stage, count in tallies.cases.items():
            self.cases.labels(stage.value).set(count)
        self.outbox.set(tallies.outbox_pending)
        self.dead.set(tallies.outbox_dead)
