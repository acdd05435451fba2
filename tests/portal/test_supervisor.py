"""The supervisor with small children of our own; each test ends what it started."""

import re
import signal
import subprocess
import sys
import time

import psutil
import pytest

SCRIPT = """
import sys
from portal import processes
from portal.supervisor import Service, Supervisor

def say(text):
    print(text, flush=True)

def child(name, shell, seconds):
    def start():
        process = processes.spawn(["sh", "-c", shell])
        say(f"{name} has pid {process.pid}")
        return process
    return Service(name, start, stop_seconds=seconds)

with Supervisor(say, watchdog=lambda: say("looked"), watchdog_seconds=0.5) as supervisor:
    for argument in sys.argv[1:]:
        name, seconds, shell = argument.split(":", 2)
        supervisor.add(child(name, shell, float(seconds)))
    say("all run")
    supervisor.run()
say("end")
"""
QUIET = "trap 'exit 0' TERM; while :; do sleep 0.1; done"
STUBBORN = "trap '' TERM INT; sleep 1000 & wait; wait"
DEADLINE = 60


def eventually(condition):
    """Wait for what must come true; how fast the machine is says nothing about the code."""
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, "It did not come true."
        time.sleep(0.05)


def is_gone(pid):
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


class Running:
    """A supervisor in a process of its own, and what it said."""

    def __init__(self, log, *children):
        self.log = log
        with log.open("w") as file:
            command = [sys.executable, "-c", SCRIPT, *children]
            self.process = subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT)
        self.says("all run")

    def says(self, pattern, times=1):
        eventually(lambda: len(re.findall(pattern, self.log.read_text())) >= times)
        return re.findall(pattern, self.log.read_text())[times - 1]

    def pid(self, name, times=1):
        return int(self.says(rf"{name} has pid (\d+)", times))

    def family(self):
        return [p.pid for p in psutil.Process(self.process.pid).children(recursive=True)]


@pytest.fixture
def run(tmp_path):
    started = []

    def run_one(*children):
        started.append(Running(tmp_path / "said.txt", *children))
        return started[-1]

    yield run_one
    for one in started:
        one.process.terminate()  # it ends what its children have started, too
        one.process.wait()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_stop_signal_ends_all_children_in_reverse_order_with_exit_code_0(run, number, tmp_path):
    shell = "trap 'echo {0} >> {1}; exit 0' TERM; echo {0} listens; while :; do sleep 0.1; done"
    order = tmp_path / "order.txt"
    names = ["first", "second", "third"]
    running = run(*(f"{name}:10:{shell.format(name, order)}" for name in names))
    for name in names:
        running.says(f"{name} listens")
    family = running.family()

    running.process.send_signal(number)

    assert running.process.wait(DEADLINE) == 0
    assert order.read_text().split() == ["third", "second", "first"]
    assert all(map(is_gone, family))


def test_a_killed_child_is_said_and_started_again_while_the_others_stay(run):
    running = run(f"first:10:{QUIET}", f"second:10:{QUIET}")

    psutil.Process(running.pid("first")).kill()

    running.says("first was killed by SIGKILL; it starts again in 1 s")
    assert running.says(r"first runs again, pid (\d+)") == str(running.pid("first", times=2))
    assert not is_gone(running.pid("second"))
    assert running.process.poll() is None


def test_a_child_that_ends_at_once_is_started_ever_more_slowly(run):
    running = run("broken:10:exit 3")

    running.says("broken ended with exit code 3; it starts again in 1 s")
    running.says("broken ended with exit code 3; it starts again in 2 s")
    running.says("broken ended with exit code 3; it starts again in 4 s")


def test_what_a_killed_child_had_started_is_killed_before_it_runs_again(run):
    running = run("parent:10:sleep 1000 & sleep 1000")
    eventually(lambda: len(running.family()) == 3)
    grandchildren = [pid for pid in running.family() if pid != running.pid("parent")]

    psutil.Process(running.pid("parent")).kill()

    running.says("parent runs again")
    assert all(map(is_gone, grandchildren))


def test_a_child_that_does_not_end_is_killed_with_all_it_started(run):
    running = run(f"stubborn:0.2:{STUBBORN}")
    eventually(lambda: len(running.family()) == 2)
    family = running.family()

    running.process.terminate()

    assert running.process.wait(DEADLINE) == 0
    assert all(map(is_gone, family))


def test_a_second_signal_kills_at_once(run):
    running = run(f"stubborn:1000:{STUBBORN}")
    family = running.family()

    def ended():
        running.process.send_signal(signal.SIGINT)
        return running.process.poll() is not None

    eventually(ended)

    assert running.process.returncode == 128 + signal.SIGINT
    eventually(lambda: all(map(is_gone, family)))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of a parent's end")
def test_kill_9_of_the_supervisor_leaves_no_child(run):
    running = run(f"first:10:{QUIET}", f"second:10:{QUIET}")
    family = running.family()

    running.process.kill()

    eventually(lambda: all(map(is_gone, family)))


def test_the_watchdog_looks_again_and_again(run):
    run(f"first:10:{QUIET}").says("looked", times=3)
