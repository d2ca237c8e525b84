"""`converter completion`: each shell really completes with the script."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
import sys

import pytest

from converter.cli import COMMANDS, main
from converter.cli.completion import SHELLS, completion_script

HANG = 120
"""Seconds after which a shell is stuck; it only bounds a hang."""

CASES = {
    "converter ca": {"catalog"},
    "converter rules l": {"lint", "list"},
    "converter convert --cl": {"--cluster"},
    "converter coverage -o ": {"table", "json"},
    "converter completion ": set(SHELLS),
    "converter convert -f ingr": {"ingress.yaml"},
    "converter serve --rules my-r": {"my-rules"},
}

BASH = r"""
source "$1"
for typed in "${@:2}"; do
  read -ra COMP_WORDS <<< "$typed"
  [[ $typed == *" " ]] && COMP_WORDS+=("")
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
  COMPREPLY=()
  # Outside of readline, bash warns that `compopt` has no effect.
  _shtab_converter converter "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD-1]}" 2>/dev/null
  printf "$typed\t%s\n" "${COMPREPLY[@]}"
done
"""

FISH = r"""
source $argv[1]
for line in $argv[2..]
  for match in (complete -C $line)
    printf '%s\t%s\n' $line $match
  end
end
"""

# Completion in zsh needs the line editor, and so a terminal. The line editor reports when it reads keys.
# The function writes the matches to a file.
ZSHRC = r"""
fpath=("$ZDOTDIR" $fpath)
autoload -Uz compinit && compinit -D -u
compadd() {
  if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then builtin compadd "$@"; return; fi
  local -a hits
  builtin compadd -A hits "$@"
  printf "$BUFFER\t%s\n" $hits >> "$ZDOTDIR/matches"
}
zle-line-init() { print -n READY }
zle -N zle-line-init
"""


def matches_in(text):
    """The matches of each line: `line TAB match [TAB description]`."""
    found = {}
    for row in filter(None, text.splitlines()):
        line, match, *_ = row.split("\t")
        found.setdefault(line, set()).add(match.rstrip("/ "))
    return found


def run_script(command, script, folder):
    done = subprocess.run(
        [*command, script, *CASES], cwd=folder, capture_output=True, text=True, check=True, timeout=HANG
    )
    return matches_in(done.stdout)


def bash(script, folder):
    return run_script(["bash", "--norc", "-c", BASH, "bash"], script, folder)


def fish(script, folder):
    return run_script(["fish", "--no-config", "-c", FISH], script, folder)


def zsh(script, folder):
    home = script.parent / "zdotdir"
    home.mkdir()
    (home / ".zshrc").write_text(ZSHRC)
    shutil.copy(script, home / "_converter")
    keyboard, terminal = pty.openpty()
    environment = {**os.environ, "ZDOTDIR": str(home), "TERM": "dumb"}
    command = ["zsh", "-d", "-i"]
    process = subprocess.Popen(command, cwd=folder, env=environment, stdin=terminal, stdout=terminal, stderr=terminal)
    os.close(terminal)
    try:
        shown = b""
        while b"READY" not in shown:
            shown += os.read(keyboard, 4096)  # raises when the shell has ended
        os.write(keyboard, "".join(f"{line}\t\x15" for line in CASES).encode() + b"exit\n")
        process.wait(timeout=HANG)
    finally:
        process.kill()
        os.close(keyboard)
    return matches_in((home / "matches").read_text())


@pytest.mark.parametrize("shell", [bash, fish, zsh], ids=lambda function: function.__name__)
def test_the_shell_completes(shell, tmp_path):
    if shutil.which(shell.__name__) is None:
        pytest.skip(f"{shell.__name__} is not installed")
    work = tmp_path / "work"
    (work / "my-rules").mkdir(parents=True)
    (work / "ingress.yaml").touch()
    script = tmp_path / "script"
    script.write_text(completion_script(shell.__name__))
    assert shell(script, work) == CASES


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_names_every_command(shell, capsys):
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert [name for name in COMMANDS if name not in script] == []


def test_another_shell_is_bad_usage(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["completion", "csh"])
    assert caught.value.code == 2
    assert "csh" in capsys.readouterr().err


def test_the_script_does_not_depend_on_the_hash_seed(capsys):
    main(["completion", "bash"])
    command = [sys.executable, "-m", "converter", "completion", "bash"]
    environment = {**os.environ, "PYTHONHASHSEED": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=HANG)
    assert done.stdout == capsys.readouterr().out
