"""Broken operators: for each check a small edit of a good one, which that check alone finds.

These are found by looking at it; those in `live.py` are found by running steps on it.
"""

from tests.mutants.edits import (
    BASE,
    COMMON,
    CONFIG,
    FLAVOR,
    OPERATOR,
    OPTIONS,
    Edit,
    building,
    config_with,
    flavor_with,
    importing,
    mutant,
    operator_with,
    option,
    setting,
    settings_with,
)

OWN_FILES = "{'zenml_acme/__init__.py': ''}"

STRUCTURE = [
    mutant("SOP101", flavor_with("    def __init__(self, name: str) -> None:\n        pass")),
    mutant("SOP102", Edit(FLAVOR, 'return "acme"', 'return "ac me"')),
    mutant("SOP103", Edit(FLAVOR, 'return "acme"', 'return "kubernetes"')),
    mutant("SOP104", flavor_with('    type = "orchestrator"')),
    mutant(
        "SOP105",
        Edit(CONFIG, "    BaseStepOperatorConfig,\n", "    StackComponentConfig,\n"),
        importing(CONFIG, "from zenml.stack import StackComponentConfig"),
    ),
    mutant(
        "SOP106",
        Edit(BASE, "Operator(BaseStepOperator):", "Operator(StackComponent):"),
        importing(BASE, "from zenml.stack import StackComponent"),
    ),
    mutant("SOP107", importing(FLAVOR, "from . import operator")),
    mutant(
        "SOP108",
        Edit(
            CONFIG,
            'also the settings of all steps."""\n',
            'also the settings of all steps."""\n\n\nfrom . import operator\n',
        ),
    ),
    mutant("SOP109", importing(OPTIONS, "import pytest")),
    mutant("SOP110", importing(OPERATOR, "import pytest")),
    mutant("SOP111", Edit(FLAVOR, 'f"{type(self).__module__}', 'f"src.{type(self).__module__}')),
    mutant("SOP112", flavor_with("    logo_url = 5")),
    mutant(
        "SOP113",
        flavor_with(
            "    @property\n    def docs_url(self):\n"
            "        return self.generate_default_docs_url()"
        ),
    ),
    mutant("SOP114", flavor_with('    service_connector_requirements = "docker"')),
]

INTERFACE = [
    mutant(
        "SOP115",
        Edit(BASE, "def __init__(self, *args: Any, **kwargs: Any)", "def __init__(self, name)"),
    ),
    mutant(
        "SOP116",
        Edit(OPERATOR, "    def submit(\n", "    def hand_over(\n"),
        Edit(OPERATOR, "    def launch(\n", "    def run(\n"),
    ),
    mutant("SOP117", Edit(OPERATOR, "    def submit(\n", "    def hand_over(\n")),
    mutant("SOP118", Edit(BASE, "    def get_status(self", "    def look_at(self")),
    mutant("SOP119", Edit(BASE, "    def cancel(self", "    def end(self")),
    mutant(
        "SOP120",
        Edit(
            OPERATOR,
            "        entrypoint_command: list[str],\n        environment: dict[str, str],\n"
            '    ) -> None:\n        """Start a step',
            "        command: list[str],\n        environment: dict[str, str],\n"
            '    ) -> None:\n        """Start a step',
        ),
    ),
    mutant(
        "SOP121",
        Edit(
            OPERATOR,
            "        entrypoint_command: list[str],\n        environment: dict[str, str],\n"
            '    ) -> None:\n        """Run a step to its end',
            "        command: list[str],\n        environment: dict[str, str],\n"
            '    ) -> None:\n        """Run a step to its end',
        ),
    ),
    mutant("SOP122", Edit(BASE, "    def wait(self, step_run:", "    def wait(self, run:")),
    mutant(
        "SOP123",
        Edit(
            BASE,
            "    def cancel(self, step_run: StepRunResponse)",
            "    def cancel(self, step_run: StepRunResponse, force: bool)",
        ),
    ),
    mutant("SOP124", Edit(BASE, "    def cancel(self", "    async def cancel(self")),
    mutant(
        "SOP125",
        Edit(BASE, "self, snapshot: Any = None, deployment: Any = None", "self, compiled: Any"),
    ),
    mutant("SOP126", Edit(BASE, "return prepare.entrypoint_class()", "return object")),
    mutant(
        "SOP127",
        Edit(OPERATOR, "        return Settings\n", "        return dict\n"),
    ),
    mutant(
        "SOP128",
        Edit(BASE, "return validator_of(self._engine.needs)", 'return "a remote artifact store"'),
    ),
    mutant(
        "SOP129",
        Edit(BASE, "return image_requirements()", "return list(image_requirements())"),
    ),
    mutant(
        "SOP130",
        Edit(
            BASE,
            "        return prepare.builds(snapshot or deployment, self.name)\n",
            "        if getattr(snapshot, 'is_dynamic', False):\n"
            "            raise RuntimeError('Dynamic pipelines are not for this operator.')\n"
            "        return prepare.builds(snapshot or deployment, self.name)\n",
        ),
    ),
    mutant("SOP131", building()),
    mutant("SOP132", building(entrypoint="'$COMMAND'", extra_files=OWN_FILES)),
]

CONFIGURATION = [
    mutant(
        "SOP201",
        option("on_end: Callable[[], None] | None = None"),
        importing(COMMON, "from collections.abc import Callable"),
    ),
    mutant(
        "SOP202",
        option(
            '@field_serializer("grace_seconds")\n    def _write(self, value: int) -> int:\n'
            "        return value * 1000"
        ),
        importing(COMMON, "from pydantic import field_serializer"),
    ),
    mutant("SOP203", Edit(COMMON, "        default=30,\n", '        default="ten",\n')),
    mutant(
        "SOP204",
        config_with('    model_config = ConfigDict(extra="forbid")'),
        importing(CONFIG, "from pydantic import ConfigDict"),
    ),
    mutant(
        "SOP205",
        config_with("    model_config = ConfigDict(frozen=False)"),
        importing(CONFIG, "from pydantic import ConfigDict"),
    ),
    mutant("SOP206", Edit(COMMON, "        default=30,\n", "        default=30, strict=True,\n")),
    mutant("SOP207", option("hosts: tuple[str, ...] = ()")),
    mutant("SOP208", option("api_token: str | None = None")),
    mutant(
        "SOP209",
        option(
            "api_token: str | None = SecretField(default=None)\n\n"
            '    @field_validator("api_token")\n    @classmethod\n'
            "    def _is_long(cls, value: str) -> str:\n        return value"
        ),
        importing(
            COMMON,
            "from pydantic import field_validator\n"
            "from zenml.utils.secret_utils import SecretField",
        ),
    ),
    mutant("SOP210", config_with('    is_remote = property(lambda self: "no")')),
    mutant("SOP211", option('label: str = ""')),
    mutant("SOP212", Edit(COMMON, "        default=30,\n", '        default=30, alias="grace",\n')),
    mutant("SOP213", config_with("    is_valid = property(lambda self: False)")),
]

SETTINGS = [
    mutant("SOP214", settings_with("    queue: str"), config_with('    queue: str = "short"')),
    mutant(
        "SOP215",
        operator_with(
            "    def get_settings(self, container):\n"
            "        kept, self._config = self._config, type(self._config)()\n"
            "        try:\n            return super().get_settings(container)\n"
            "        finally:\n            self._config = kept"
        ),
    ),
    mutant(
        "SOP216",
        operator_with(
            "    def get_settings(self, container):\n"
            "        given = self._config.model_dump(exclude_unset=True)\n"
            "        return self.settings_class.model_validate(given)"
        ),
    ),
    mutant(
        "SOP217",
        settings_with('    model_config = ConfigDict(extra="forbid")'),
        config_with('    model_config = ConfigDict(extra="ignore")'),
        importing(CONFIG, "from pydantic import ConfigDict"),
        # No step runs on a component for which an option is set.
        also=("SOP301",),
    ),
    mutant(
        "SOP218",
        setting(
            '@field_serializer("nice")\n    def _write(self, value: int) -> int:\n'
            "        return value + 1"
        ),
        importing(OPTIONS, "from pydantic import field_serializer"),
        # A component has the same option, and steps get what it is written as.
        also=("SOP202", "SOP215"),
    ),
    mutant(
        "SOP219",
        Edit(COMMON, "            raise UnknownSettingError(f", "            str(f"),
    ),
]

SECRETS = [
    mutant(
        "SOP405",
        option("api_token: str | None = SecretField(default=None)"),
        importing(COMMON, "from zenml.utils.secret_utils import SecretField"),
        Edit(BASE, "    def __repr__(self)", "    def shown(self)"),
    ),
]

MUTANTS = {
    mutant.check: mutant for mutant in (*STRUCTURE, *INTERFACE, *CONFIGURATION, *SETTINGS, *SECRETS)
}

LEGAL = {
    # ZenML ships an orchestrator and an artifact store of that name.
    "a required setting that the configuration requires too": [setting("queue: str")],
    "named as a flavor of another type": [Edit(FLAVOR, 'return "acme"', 'return "local"')],
    "an image that its requirements bring it into": [
        building(),
        Edit(BASE, "return image_requirements()", 'return {"Zenml_Acme >= 0.1"}'),
    ],
    "an entrypoint that passes the command on": [
        building(entrypoint="""'exec "$0" "$@"'""", extra_files=OWN_FILES)
    ],
    "an entrypoint that is a list": [
        building(entrypoint="""'["python", "-m", "start"]'""", extra_files=OWN_FILES)
    ],
    "an entrypoint that is given the command in a variable": [
        building(entrypoint="'$' + 'COMMAND'", extra_files=OWN_FILES),
        importing(OPERATOR, 'VARIABLE = "COMMAND"'),
    ],
}
"""What may look wrong, and is not."""
