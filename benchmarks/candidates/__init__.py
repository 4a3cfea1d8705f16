"""The same derivatives, as each checker wants them: what ``benchmarks.speed`` takes the time of a verdict on."""
