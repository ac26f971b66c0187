"""A graph in ONNX Runtime on one core, with as little as possible around it; torch-free."""

from __future__ import annotations

from pathlib import Path

import onnxruntime as ort
from onnxruntime.capi import onnxruntime_pybind11_state as state

from hermes.core.errors import ArtifactError, ShapeError
from hermes.core.types import Array

UNREADABLE = (
    state.Fail,
    state.InvalidArgument,
    state.InvalidGraph,
    state.InvalidProtobuf,
    state.NoSuchFile,
    state.NotImplemented,
    state.RuntimeException,
)
REFUSED = (state.Fail, state.InvalidArgument, state.RuntimeException)


class Session:
    """The first output of a graph for named inputs; safe to run from many threads at once."""

    def __init__(self, source: Path | bytes, threads: int = 1) -> None:
        """Load a graph; raises `ArtifactError` when it is none that this runtime knows."""
        options = ort.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.log_severity_level = 3  # errors
        graph, name = (str(source), source.name) if isinstance(source, Path) else (source, "graph")
        try:
            self.session = ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        except UNREADABLE as error:
            raise ArtifactError(f"{name}: not a graph that can be run: {error}") from error
        self.inputs = tuple(i.name for i in self.session.get_inputs())
        self.outputs = [self.session.get_outputs()[0].name]

    def run(self, **arrays: Array) -> Array:
        """The output; arrays that the graph does not ask for are left out; raises `ShapeError`."""
        try:
            found = self.session.run(self.outputs, {name: arrays[name] for name in self.inputs})
        except KeyError as error:
            raise ShapeError(f"the graph wants {self.inputs} and lacks {error}") from error
        except REFUSED as error:
            raise ShapeError(f"the graph refuses its inputs: {error}") from error
        out: Array = found[0]
        return out
