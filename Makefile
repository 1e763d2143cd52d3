# `make test` and `make demo` need git, make and Python >= 3.10, and install into this folder alone.

PYTHON ?= python3
UV_REQUIREMENT := uv>=0.6,<1

# One process more than there are cores: most of them wait now and then for a step or its end.
export PYTEST_XDIST_AUTO_NUM_WORKERS ?= $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 1)' 2>/dev/null)
export UV_COMPILE_BYTECODE := 1
export UV_PROJECT_ENVIRONMENT := .venv
export UV_PYTHON_DOWNLOADS := never
unexport VIRTUAL_ENV PYTHONHOME

VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
READY := .venv/.ready-$(VERSION)

.PHONY: help test test-contract test-zenml zenml-table scoreboard contract-docs engines test-engines stop-engines lint demo lock clean
help:
	@echo 'make test          lint, types, and the tests of the template, the core and the command line'
	@echo 'make test-contract what check and try find: of broken operators, of those of ZenML, of one of a team'
	@echo 'make test-zenml    a generated project on every release of ZenML and every Python'
	@echo 'make zenml-table   write what that has run into docs/zenml-versions.md'
	@echo 'make scoreboard    write what the contract finds of operators that ZenML ships'
	@echo 'make contract-docs write the checks of the contract into docs/contract.md'
	@echo 'make engines       install and start real engines on this machine; as root, on Debian'
	@echo 'make test-engines  generated projects on them'
	@echo 'make stop-engines  stop them'
	@echo 'make demo          create a project and run a real step on it'
	@echo 'make lint          lint, formatting and types alone'
	@echo 'make lock          renew uv.lock and all other locks'
	@echo 'make clean         remove what the other commands made'
	@echo 'PYTHON=python3.12 picks another Python than python3.'

test: lint
	.venv/bin/pytest -n auto --dist loadgroup
	@echo 'Not run, since they take an engine or their time: `make test-contract`, `test-engines`, `test-zenml`.'

# One process more than for the other tests: broken operators are waited for in vain.
test-contract: export PYTEST_XDIST_AUTO_NUM_WORKERS := $(shell $(PYTHON) -c 'import os; print((os.cpu_count() or 1) + 2)' 2>/dev/null)
test-contract: $(READY)
	.venv/bin/pytest tests/mutants tests/shipped tests/check tests/tryout tests/teams -n auto --dist loadgroup
	.venv/bin/python -m tests.shipped.scoreboard --check

test-zenml: $(READY)
	.venv/bin/pytest tests/zenml -n auto --dist loadgroup
	.venv/bin/python -m tests.zenml.table --check

zenml-table: $(READY)
	.venv/bin/python -m tests.zenml.table

scoreboard: $(READY)
	.venv/bin/python -m tests.shipped.scoreboard

contract-docs: $(READY)
	.venv/bin/python -m tests.contract.docs

ENGINES := $(CURDIR)/.cache/engines

engines: $(READY)
	apt-get update --quiet
	DEBIAN_FRONTEND=noninteractive apt-get install --quiet --yes --no-install-recommends \
		slurmctld slurmd slurm-client munge gridengine-master gridengine-exec gridengine-client \
		docker.io iproute2 mmdebstrap docker-registry apache2-utils podman catatonit netavark runc \
		openssh-server openssh-client python3-venv charliecloud curl fish tcsh zsh
	tests/engines/slurm.sh start $(ENGINES)/slurm
	tests/engines/gridengine.sh start $(ENGINES)/gridengine
	tests/engines/docker.sh start $(ENGINES)/docker
	tests/engines/registry.sh start $(ENGINES)/registry
	set -a && . $(ENGINES)/docker/env && tests/engines/podman.sh start $(ENGINES)/podman && \
		tests/engines/charliecloud.sh start $(ENGINES)/charliecloud && tests/engines/ssh.sh start $(ENGINES)/ssh
	set -a && . $(ENGINES)/slurm/env && . $(ENGINES)/gridengine/env && tests/engines/login.sh start $(ENGINES)/login
	tests/engines/zenml_server.sh start $(ENGINES)/zenml_server

test-engines: $(READY)
	@set -a; for engine in .cache/engines/*/env; do [ ! -e "$$engine" ] || . "./$$engine"; done; \
	.venv/bin/pytest tests/engines -n auto --dist loadgroup

stop-engines:
	for engine in zenml_server login ssh charliecloud podman registry docker gridengine slurm; do tests/engines/$$engine.sh stop $(ENGINES)/$$engine; done

lint: $(READY)
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy

demo: $(READY)
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && trap 'exit 130' INT TERM && \
	.venv/bin/sop-new "$$folder/zenml-demo" --backend local --defaults && \
	.venv/bin/sop-new try "$$folder/zenml-demo"

lock: $(READY)
	PATH="$(CURDIR)/.venv/bin:$$PATH" uv lock --upgrade
	.venv/bin/python -m tests.zenml.lock
	.venv/bin/python -m tests.shipped.lock
	.venv/bin/python -c 'from tests.engines.server import renew; renew()'

clean:
	rm -rf .venv .cache build dist .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The environment holds what uv.lock says, and uv itself where the machine has none. A Python of
# another version makes it anew.
$(READY): uv.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
		{ echo 'sop-new needs Python 3.10 or newer as $(PYTHON): name one, as in `make $(MAKECMDGOALS) PYTHON=python3.12`.' >&2; exit 1; }
	@if command -v uv >/dev/null; then \
		uv sync --frozen --python "$(PYTHON)"; \
	else \
		$(PYTHON) -m venv --clear .venv && \
		.venv/bin/python -m pip install --quiet --disable-pip-version-check '$(UV_REQUIREMENT)' && \
		.venv/bin/uv sync --frozen --inexact --python .venv/bin/python; \
	fi
	@touch $@
