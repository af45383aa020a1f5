"""What the examination of an installation says, and what it keeps to itself."""

from pathlib import Path

import pytest

from graphs.doctor import examine


async def test_a_password_in_an_address_is_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIANZHI_HOME", str(tmp_path))
    monkeypatch.setenv("LIANZHI_LLM_MODEL", "qwen")
    monkeypatch.setenv("LIANZHI_LLM_BASE_URL", "http://user:secret@127.0.0.1:1/v1")
    monkeypatch.setenv("LIANZHI_LLM_API_KEY", "sk-hidden")
    checks = await examine()
    (model,) = [check for check in checks if check.name == "大模型"]
    assert (model.ok, "127.0.0.1:1" in model.found) == (False, True)
    assert not [check for check in checks if "secret" in f"{check}" or "sk-hidden" in f"{check}"]
