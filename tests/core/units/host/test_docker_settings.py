"""Each of ZenML's Docker settings is honoured, reported, or of no account here."""

from __future__ import annotations

from typing import Any

import pytest
from zenml.config import DockerSettings
from zenml_acme._core.environment.prepare import IMAGE_ONLY, unsupported

HONOURED = {
    "disable_automatic_requirements_detection",
    "environment",
    "install_stack_requirements",
    "pyproject_export_command",
    "pyproject_path",
    "python_package_installer",
    "python_package_installer_args",
    "replicate_local_python_environment",
    "required_integrations",
    "requirements",
    "runtime_environment",
}

OF_NO_ACCOUNT = {
    # How an image is made and kept, whatever it holds.
    "image_tag",
    "prevent_build_reuse",
    "python_package_installer_cache_mount",
    "skip_build",
    "target_repository",
    # How the code gets into it; here it always travels.
    "allow_download_from_artifact_store",
    "allow_download_from_code_repository",
    "allow_including_files_in_images",
    "source_files",
    # For deployments of pipelines, not for steps.
    "install_deployment_requirements",
    # ZenML itself ignores them.
    "copy_files",
    "copy_global_config",
    "required_hub_plugins",
}


def test_every_setting_is_accounted_for() -> None:
    known = HONOURED | OF_NO_ACCOUNT | set(IMAGE_ONLY)

    assert set(DockerSettings.model_fields) <= known


@pytest.mark.parametrize(
    "settings",
    [
        {"apt_packages": ["git"]},
        {"build_config": {"build_options": {"target": "run"}}},
        {"build_context_root": "."},
        {"dockerfile": "Dockerfile"},
        {"local_project_install_command": "pip install ."},
        {"parent_image": "image"},
        {"parent_image_build_config": {}},
        {"user": "me"},
    ],
)
def test_what_only_an_image_can_give_is_reported(settings: dict[str, Any]) -> None:
    [name] = settings

    assert unsupported(DockerSettings(**settings)) == [f"DockerSettings({name}=...)"]


def test_what_is_not_set_is_not_reported() -> None:
    assert unsupported(DockerSettings()) == []
    assert unsupported(DockerSettings(apt_packages=[], parent_image=None)) == []
