import errno
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import typer

import hermes.cli
from hermes.core.errors import ArtifactError, ConfigError

Outcome = tuple[int, str, str]  # exit status, standard output, standard error


@pytest.fixture
def hermes_says(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Outcome]:
    """Run the command line in this process."""

    def run(*words: str) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["hermes", *words])
        with pytest.raises(SystemExit) as left:
            hermes.cli.main()
        shown = capsys.readouterr()
        return int(left.value.code or 0), shown.out, shown.err

    return run


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Callable[[BaseException], None]:
    """Make the command `bench` end with an error."""

    def install(error: BaseException) -> None:
        def command(what: str = typer.Argument()) -> None:
            raise error

        monkeypatch.setattr("hermes.cli.bench.command", command)

    return install


def test_success_exits_with_0(hermes_says: Callable[..., Outcome]) -> None:
    assert hermes_says("--version")[:2] == (0, f"hermes {hermes.__version__}\n")


def test_no_words_at_all_show_the_help(hermes_says: Callable[..., Outcome]) -> None:
    status, out, err = hermes_says()
    assert status in {0, 2}
    assert "bench" in out + err


def test_an_unknown_command_exits_with_2_and_the_nearest(
    hermes_says: Callable[..., Outcome],
) -> None:
    status, _, err = hermes_says("benhc", "all")
    assert status == 2
    assert "'bench'" in err


def test_an_unknown_option_exits_with_2_and_the_nearest(
    hermes_says: Callable[..., Outcome],
) -> None:
    status, _, err = hermes_says("bench", "all", "--jsno", "x")
    assert status == 2
    assert "--json" in err


def test_a_missing_argument_exits_with_2_and_its_name(hermes_says: Callable[..., Outcome]) -> None:
    status, _, err = hermes_says("bench")
    assert status == 2
    assert "what" in err.lower()


def test_a_wrong_setting_exits_with_2_and_one_line(
    hermes_says: Callable[..., Outcome], failing: Callable[[BaseException], None]
) -> None:
    failing(ConfigError("unknown key 'lengt';\n did you mean 'length'?"))
    status, _, err = hermes_says("bench", "all")
    assert (status, err) == (2, "hermes: unknown key 'lengt'; did you mean 'length'?\n")


def test_any_other_error_of_ours_exits_with_1_and_one_line(
    hermes_says: Callable[..., Outcome], failing: Callable[[BaseException], None]
) -> None:
    failing(ArtifactError("bundle: file x is damaged; train it again"))
    status, _, err = hermes_says("bench", "all")
    assert (status, err) == (1, "hermes: bundle: file x is damaged; train it again\n")


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.ENOSPC, "free some space"),
        (errno.EACCES, "permission"),
        (errno.ENOENT, "check the path"),
        (errno.EADDRINUSE, "--port"),
    ],
)
def test_what_the_system_refuses_exits_with_1_a_cause_and_a_remedy(
    number: int,
    remedy: str,
    hermes_says: Callable[..., Outcome],
    failing: Callable[[BaseException], None],
) -> None:
    failing(OSError(number, "refused", "/some/path"))
    status, _, err = hermes_says("bench", "all")
    assert status == 1
    assert err.startswith("hermes: refused: /some/path; ")
    assert remedy in err
    assert err.count("\n") == 1


def test_an_interrupt_exits_with_130(
    hermes_says: Callable[..., Outcome], failing: Callable[[BaseException], None]
) -> None:
    failing(KeyboardInterrupt())
    assert hermes_says("bench", "all")[0] == 130


def test_a_bug_is_not_hidden(
    monkeypatch: pytest.MonkeyPatch, failing: Callable[[BaseException], None]
) -> None:
    failing(ZeroDivisionError("a bug"))
    monkeypatch.setattr(sys, "argv", ["hermes", "bench", "all"])
    with pytest.raises(ZeroDivisionError):
        hermes.cli.main()


def test_a_missing_extra_says_what_to_install(
    hermes_says: Callable[..., Outcome], failing: Callable[[BaseException], None]
) -> None:
    failing(ModuleNotFoundError("No module named 'torch'", name="torch"))
    status, _, err = hermes_says("bench", "all")
    assert status == 1
    assert err == "hermes: torch is not installed; run pip install 'hermes-recommender[train]'\n"


def test_every_command_of_the_package_is_on_the_command_line(
    hermes_says: Callable[..., Outcome],
) -> None:
    out = hermes_says("--help")[1]
    assert hermes.cli.commands()
    assert all(name in out for name in hermes.cli.commands())


def test_a_full_disk_told_by_a_library_of_rust_is_one_line_too(
    hermes_says: Callable[..., Outcome], failing: Callable[[BaseException], None]
) -> None:
    failing(RuntimeError("I/O error: No space left on device (os error 28)"))
    status, _, err = hermes_says("bench", "all")
    assert status == 1 and err.startswith("hermes: No space left on device; free some space")


def test_a_path_that_is_not_there_is_named(hermes_says: Callable[..., Outcome]) -> None:
    words = ("validate", "table", "nowhere.csv", "--user", "u", "--item", "i")
    assert hermes_says(*words)[::2] == (1, "hermes: nowhere.csv: no such file or folder\n")


def test_a_folder_is_not_said_to_be_missing(
    hermes_says: Callable[..., Outcome], tmp_path: Path
) -> None:
    status, _, err = hermes_says("infer", str(tmp_path))
    assert status == 1 and "a folder, no file" in err
