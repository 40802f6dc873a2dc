"""``banjie work``: a worker for jobs in the background, apart from the site."""

from __future__ import annotations

import signal
from types import FrameType
from typing import Annotated

import typer

from engine.text import Text
from runtime.cli.run import the_run

AT_ONCE = 8
AT_ONCE_LAST = 64
EXIT_INTERRUPTED = 130


def work(
    context: typer.Context,
    at_once: Annotated[
        int, typer.Option(min=1, max=AT_ONCE_LAST, help="同时执行的任务数 · jobs run side by side")
    ] = AT_ONCE,
) -> None:
    """在后台执行任务，直至收到停止信号 · Run jobs until told to stop; what was begun is finished first."""
    from runtime.jobs.handlers import product_registry
    from runtime.jobs.leases import LeasedJobs
    from runtime.jobs.sealing import with_sealing
    from runtime.jobs.witnessing import with_witnesses
    from runtime.jobs.worker import Worker
    from runtime.signer.child import signing
    from runtime.witness.configured import witnesses_of

    run = the_run(context)
    settings = run.settings()
    witnesses = witnesses_of(settings)
    with run.desk(write=True) as opened, signing(settings) as signer:
        jobs = LeasedJobs.open(settings.database_url, opened.clock)
        registry = with_sealing(product_registry(opened, jobs, settings), opened.desk, signer, settings.ledger_origin)
        registry = with_witnesses(registry, opened.desk, jobs, witnesses)
        worker = Worker(jobs, registry, opened.clock, at_once_max=at_once)
        interrupted = False

        def leave(number: int, _frame: FrameType | None) -> None:
            nonlocal interrupted
            interrupted = number == signal.SIGINT
            # Whoever asks a second time does not want to wait: what was begun is taken over when its lease ends.
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            worker.stop()

        signal.signal(signal.SIGTERM, leave)
        signal.signal(signal.SIGINT, leave)
        run.terminal.say(Text(f"任务执行进程已启动：{worker.name}", f"The worker is running: {worker.name}"))
        run.terminal.say(Text("按 Ctrl-C 停止", "Ctrl-C stops it"))
        try:
            worker.serve()
        finally:
            jobs.close()
    if interrupted:
        raise typer.Exit(EXIT_INTERRUPTED)
