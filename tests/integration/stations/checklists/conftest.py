from datetime import date

import pytest

from accounts.access.actors import operator_actor
from accounts.users.models import User
from stations.checklists import services
from stations.checklists.models import ChecklistTemplate
from voltgo.core import clock
from voltgo.core.actors import Actor


@pytest.fixture
def by(operator: User) -> Actor:
    return operator_actor(operator)


@pytest.fixture
def pickup() -> ChecklistTemplate:
    return ChecklistTemplate.objects.get(code="pickup-car", version=1)


@pytest.fixture
def back() -> ChecklistTemplate:
    return ChecklistTemplate.objects.get(code="return-car", version=1)


@pytest.fixture
def draft(pickup: ChecklistTemplate, by: Actor) -> ChecklistTemplate:
    return services.start_draft(source=pickup, by=by)


@pytest.fixture
def today() -> date:
    return clock.today()
