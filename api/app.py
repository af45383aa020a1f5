"""Builds the HTTP application around services that somebody else knows how to open."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from uuid import uuid4

from fastapi import FastAPI

from api import (
    agreements,
    alerts,
    audit,
    cases,
    compensations,
    disputes,
    evaluations,
    events,
    health,
    knowledge,
    observations,
    opinions,
    orders,
    precedents,
    world,
)
from api.auth import Authenticator, Principal, Role
from api.docs import describe_app
from api.errors import install_error_handlers
from api.local import LocalAuthenticator, LocalGuard
from api.metrics import Metrics
from api.middleware import Surroundings
from api.settings import ApiSettings, AuthMode
from domain.clock import civil_date
from domain.errors import Unavailable
from domain.organisation import Sector
from graphs.bootstrap import Services, ServiceSettings, open_services
from graphs.precedents import PrecedentDesk

ServicesFactory = Callable[[], AbstractAsyncContextManager[Services]]
AuthenticatorFactory = Callable[[Services], Authenticator]

ROUTERS = (
    health.router,
    observations.router,
    cases.router,
    events.router,
    opinions.router,
    orders.router,
    precedents.router,
    alerts.router,
    compensations.router,
    disputes.router,
    evaluations.router,
    knowledge.router,
    audit.router,
    world.router,
    agreements.router,
)

DESCRIPTION = (
    "城市治理智能体服务：受理上报，判明界线，给出附有依据的确权定责意见，经人员裁定后派遣，全程留痕。"
    '错误一律为 {"error": {"code", "message", "hint", "request_id"}}。时刻为 ISO 8601；坐标为 WGS-84 度；'
    "距离为米。"
)


def create_app(
    services_factory: ServicesFactory,
    *,
    settings: ApiSettings | None = None,
    authenticator: AuthenticatorFactory | None = None,
    new_id: Callable[[], str] = lambda: uuid4().hex,
) -> FastAPI:
    """Assemble routes, error handlers and layers; opens nothing until the app starts.

    Args:
        services_factory: Opens the collaborators; entered when the app starts, left when it stops.
        settings: Where the app listens and how it recognises callers.
        authenticator: Recognises callers in place of the one that the settings name.
        new_id: Where ids of observations without one come from.

    Raises:
        Unavailable: If the settings ask for a way of signing in that does not exist.
    """
    settings = settings or ApiSettings()
    recognise = authenticator or _authenticator(settings)
    app = FastAPI(
        title="联治 Lianzhi",
        summary="城市治理智能体服务",
        description=DESCRIPTION,
        version=health.app_version(),
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        lifespan=_lifespan(services_factory, recognise),
        # Their pages load scripts from a foreign host; the service must work without any.
        docs_url=None,
        redoc_url=None,
    )
    app.state.metrics = Metrics()
    app.state.new_id = new_id
    app.state.streams = 0
    install_error_handlers(app)
    for router in ROUTERS:
        app.include_router(router)
    if settings.auth is AuthMode.LOCAL:
        app.add_middleware(LocalGuard)
    app.add_middleware(Surroundings, metrics=app.state.metrics)
    describe_app(app, extra_models=(observations.ObservationIn,))
    return app


def app_from_environment() -> FastAPI:
    """The app as `LIANZHI_*` describe it, for `uvicorn --factory api.app:app_from_environment`."""
    return create_app(lambda: open_services(ServiceSettings()), settings=ApiSettings())


def _lifespan(
    services_factory: ServicesFactory, recognise: AuthenticatorFactory
) -> Callable[[FastAPI], AbstractAsyncContextManager[dict[str, Any]]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
        try:
            async with services_factory() as services:
                await services.runner.recover()
                await services.compensation.recover()
                await services.alerts.recover()
                await services.disputes.sweep()
                await services.evaluations.recover()
                services.alerts.start()
                services.disputes.start()
                desk = PrecedentDesk(services.book, services.knowledge, services.world.register, services.clock)
                desk.publish_soon()
                try:
                    yield {"services": services, "authenticate": recognise(services), "precedents": desk}
                finally:
                    await desk.close()
        except BaseException as fault:
            # uvicorn swallows what a start-up raises; `api.server` reads it from here.
            app.state.fault = fault
            raise

    return lifespan


def _authenticator(settings: ApiSettings) -> AuthenticatorFactory:
    if settings.auth is not AuthMode.LOCAL:
        raise Unavailable(
            f"登录方式 LIANZHI_AUTH={settings.auth.value} 尚未提供。", "请设为 LIANZHI_AUTH=local（仅限本机访问）。"
        )
    return lambda services: LocalAuthenticator(demo_officer(services))


def demo_officer(services: Services) -> Principal:
    """The officer as whom the local mode signs everybody in: the whole city's, at its governance centre."""
    city = services.world.city
    centre = services.world.register.find(Sector.GOVERNANCE_CENTRE, (city,), civil_date(services.clock()))
    return Principal(
        id="demo-officer",
        name="演示坐席（本机）",
        role=Role.CITY_OFFICER,
        regions=(city,),
        unit=centre.code if centre else "",
    )
