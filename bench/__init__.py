"""Measures what the portal promises: ``python -m bench`` all, ``python -m bench NAME`` one of them.

One file per promise; each has `measure(portal)`, which yields `report.Figure`s. Load comes from
processes of their own (`load`, `sockets`), and what must run inside Django runs in `inside`.
Nothing here is a test: figures of a busy machine are printed with its load, and repeated.
"""
