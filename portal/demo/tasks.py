import time

from celery import shared_task

from portal.demo import simulate as simulation


@shared_task
def simulate() -> None:
    simulation.simulate(int(time.time()))
