"""A pickle machine that builds descriptions instead of objects.

It follows the stack so that names, shapes and element types of tensors can be told, and knows nothing that could run: a
global is two strings, a call is a `Made` value that remembers what would have been called. Bounded in operations, in
values kept and in text length.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice, pairwise

from weightguard.weights.pickles.opcodes import Argument, operations
from weightguard.weights.pickles.values import (
    MAX_ARRAYS,
    Global,
    Made,
    Storage,
    Tensor,
    as_text,
    count_of,
    direct_tensors,
    dtype_of,
    keys_of,
    named_arrays,
    numpy_state,
    shape_of,
    storage_dtype,
    tensor_of,
    width_of,
)
from weightguard.weights.reader import Cursor, Damaged, Exhausted
from weightguard.weights.vocabulary import Array

MAX_OPERATIONS = 250_000
_MAX_STACK = 100_000
_MAX_KEPT = 50_000


class _Mark:
    """The stack's mark object."""


_MARK = _Mark()


@dataclass(slots=True)
class Facts:
    """What a pickle holds.

    Args:
        globals: distinct ``module.name`` it refers to, in order.
        root: description of the object it would make, None when the pickle was not read to its end.
        arrays: every array with its dotted name (bounded).
        storages: storages by key.
        complete: whether STOP was reached.
    """

    globals: dict[str, None] = field(default_factory=dict)
    root: object = None
    arrays: list[tuple[Array, str | None]] = field(default_factory=list)
    storages: dict[str, Storage] = field(default_factory=dict)
    complete: bool = False
    top_keys: tuple[str, ...] = ()

    def mentions(self, *prefixes: str) -> bool:
        """Whether any global begins with one of `prefixes`."""
        return any(name.startswith(prefixes) for name in self.globals)


def scan(cursor: Cursor) -> Facts:
    """Describe the pickle at the cursor, leaving the cursor behind its STOP.

    Raises:
        Damaged: when the bytes are no pickle, or break off inside one that the source ends in.
    """
    machine = _Machine(cursor)
    return machine.run()


class _Machine:
    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor
        self._stack: list[object] = []
        self._memo: dict[int, object] = {}
        self._kept = 0
        self.facts = Facts()
        self._seen_tensors: list[Tensor] = []

    def run(self) -> Facts:
        facts = self.facts
        try:
            for name, argument in operations(self._cursor, MAX_OPERATIONS):
                handler = _HANDLERS.get(name)
                if handler is not None:
                    handler(self, argument)
                else:
                    self._push(_plain(argument))
                if name == "STOP":
                    facts.complete = True
        except Exhausted:
            pass
        except (IndexError, TypeError) as error:
            raise Damaged("is not a well-formed pickle") from error
        self._finish()
        return facts

    def _finish(self) -> None:
        facts = self.facts
        if facts.complete:
            facts.top_keys = tuple(keys_of(facts.root))[:256]
            facts.arrays = list(named_arrays(facts.root))
        else:
            facts.arrays = [
                (Array(name, tensor.dtype, tensor.shape), tensor.storage)
                for name, tensor in islice(self._partial(), MAX_ARRAYS)
            ]

    def _partial(self) -> Iterator[tuple[str, Tensor]]:
        """Tensors of a pickle that breaks off: in finished dictionaries, beside their keys on the stack, or bare."""
        held: set[int] = set()
        containers = {id(value): value for value in [*self._stack, *self._memo.values()]}
        for value in containers.values():
            for name, tensor in direct_tensors(value):
                held.add(id(tensor))
                yield name, tensor
        for key, value in pairwise(self._stack):
            if isinstance(key, str) and isinstance(value, Tensor):
                held.add(id(value))
                yield key[:200], value
        yield from (("", tensor) for tensor in self._seen_tensors if id(tensor) not in held)

    def _push(self, value: object) -> None:
        if len(self._stack) >= _MAX_STACK:
            raise Damaged("nests more values than are looked at")
        self._stack.append(value)

    def _to_mark(self) -> list[object]:
        for index in range(len(self._stack) - 1, -1, -1):
            if self._stack[index] is _MARK:
                values = self._stack[index + 1 :]
                del self._stack[index:]
                return values
        raise Damaged("is not a well-formed pickle")

    def _keep(self) -> bool:
        self._kept += 1
        return self._kept < _MAX_KEPT

    def _enter(self, target: object, pairs: list[object]) -> None:
        if not isinstance(target, Made):
            return
        for key, value in zip(pairs[::2], pairs[1::2], strict=False):
            if self._keep():
                target.entries[as_text(key)] = value

    def mark(self, _: Argument) -> None:
        self._push(_MARK)

    def pop(self, _: Argument) -> None:
        self._stack.pop()

    def pop_mark(self, _: Argument) -> None:
        self._to_mark()

    def duplicate(self, _: Argument) -> None:
        self._push(self._stack[-1])

    def stop(self, _: Argument) -> None:
        self.facts.root = self._stack.pop()

    def nothing(self, _: Argument) -> None:
        """PROTO and FRAME: no effect on the stack."""

    def put(self, argument: Argument) -> None:
        self._memo[int(argument)] = self._stack[-1]  # type: ignore[arg-type]

    def memoize(self, _: Argument) -> None:
        self._memo[len(self._memo)] = self._stack[-1]

    def get(self, argument: Argument) -> None:
        value = self._memo.get(int(argument))  # type: ignore[arg-type]
        self._push(value.became if isinstance(value, Made) and value.became is not None else value)

    def global_line(self, argument: Argument) -> None:
        self._note_global(".".join(str(argument).split(" ", 1)))

    def stack_global(self, _: Argument) -> None:
        name, module = self._stack.pop(), self._stack.pop()
        self._note_global(f"{module}.{name}")

    def _note_global(self, name: str) -> None:
        name = name[:200]
        if len(self.facts.globals) < 4096:
            self.facts.globals[name] = None
        self._push(Global(name))

    def empty(self, _: Argument) -> None:
        self._push(Made("dict"))

    def empty_list(self, _: Argument) -> None:
        self._push(Made("list"))

    def empty_tuple(self, _: Argument) -> None:
        self._push(())

    def dictionary(self, _: Argument) -> None:
        pairs = self._to_mark()
        made = Made("dict")
        self._enter(made, pairs)
        self._push(made)

    def listing(self, _: Argument) -> None:
        self._push(Made("list", items=self._to_mark()[:1000]))

    def collection(self, _: Argument) -> None:
        self._to_mark()
        self._push(Made("set"))

    def tuple_(self, _: Argument) -> None:
        self._push(tuple(self._to_mark()))

    def tuple_of(self, count: int) -> None:
        values = tuple(self._stack[-count:])
        if len(values) < count or any(value is _MARK for value in values):
            raise Damaged("is not a well-formed pickle")
        del self._stack[-count:]
        self._push(values)

    def set_item(self, _: Argument) -> None:
        value, key = self._stack.pop(), self._stack.pop()
        self._enter(self._stack[-1], [key, value])

    def set_items(self, _: Argument) -> None:
        pairs = self._to_mark()
        self._enter(self._stack[-1], pairs)

    def append(self, _: Argument) -> None:
        value = self._stack.pop()
        self._extend([value])

    def appends(self, _: Argument) -> None:
        values = self._to_mark()
        self._extend(values)

    def _extend(self, values: list[object]) -> None:
        target = self._stack[-1]
        if isinstance(target, Made) and len(target.items) < 1000:
            target.items.extend(values[:1000])

    def reduce(self, _: Argument) -> None:
        arguments, maker = self._stack.pop(), self._stack.pop()
        self._push(self._make(maker, arguments if isinstance(arguments, tuple) else ()))

    def new_object_ex(self, argument: Argument) -> None:
        self._stack.pop()
        self.reduce(argument)

    def old_object(self, _: Argument) -> None:
        values = self._to_mark()
        self._push(self._make(values[0], tuple(values[1:])))

    def instance(self, argument: Argument) -> None:
        values = self._to_mark()
        self.global_line(argument)
        self._push(self._make(self._stack.pop(), tuple(values)))

    def persistent(self, _: Argument) -> None:
        self._push(self._storage(self._stack.pop()))

    def _storage(self, value: object) -> object:
        if not (isinstance(value, tuple) and len(value) >= 5 and value[0] == "storage"):
            return None
        kind, key, count = value[1], value[2], value[4]
        if not (isinstance(kind, Global) and isinstance(key, str) and isinstance(count, int)):
            return None
        storage = Storage(storage_dtype(kind.name), key, count)
        if self._keep():
            self.facts.storages[key] = storage
        return storage

    def _make(self, maker: object, arguments: tuple[object, ...]) -> object:
        name = maker.name if isinstance(maker, Global) else ""
        made = tensor_of(name, arguments)
        if isinstance(made, Tensor):
            self._see(made)
        return made if made is not None else Made(name, arguments[:64])

    def build(self, _: Argument) -> None:
        state = self._stack.pop()
        target = self._stack[-1]
        if not isinstance(target, Made):
            return
        if target.maker.endswith(".NumpyArrayWrapper"):
            self._inline_array(target, state)
            return
        array = numpy_state(target.maker, state)
        if array is None:
            target.state = state
            return
        self._stack[-1] = array
        target.became = array
        self._see(array)

    def _see(self, array: Tensor) -> None:
        if len(self._seen_tensors) < MAX_ARRAYS:
            self._seen_tensors.append(array)

    def _inline_array(self, target: Made, state: object) -> None:
        """joblib writes an array's bytes right behind its wrapper, padded to an alignment."""
        entries = state.entries if isinstance(state, Made) else {}
        dtype, shape = dtype_of(entries.get("dtype")), shape_of(entries.get("shape"))
        width = width_of(dtype)
        if shape is None or width is None:
            raise Exhausted
        if entries.get("numpy_array_alignment_bytes") is not None:
            self._cursor.skip(self._cursor.u8())
        count = count_of(shape)
        self._cursor.skip(count * width)
        array = Tensor(dtype, shape)
        self._stack[-1] = array
        self._see(array)


def _plain(argument: Argument) -> object:
    return argument


def _tuple_handler(count: int) -> Callable[[_Machine, Argument], None]:
    def handler(machine: _Machine, _: Argument) -> None:
        machine.tuple_of(count)

    return handler


_HANDLERS: dict[str, Callable[[_Machine, Argument], None]] = {
    "MARK": _Machine.mark, "POP": _Machine.pop, "POP_MARK": _Machine.pop_mark, "DUP": _Machine.duplicate,
    "STOP": _Machine.stop, "PROTO": _Machine.nothing, "FRAME": _Machine.nothing,
    "READONLY_BUFFER": _Machine.nothing, "PUT": _Machine.put, "BINPUT": _Machine.put, "LONG_BINPUT": _Machine.put,
    "MEMOIZE": _Machine.memoize, "GET": _Machine.get, "BINGET": _Machine.get, "LONG_BINGET": _Machine.get,
    "GLOBAL": _Machine.global_line, "STACK_GLOBAL": _Machine.stack_global, "EMPTY_DICT": _Machine.empty,
    "EMPTY_LIST": _Machine.empty_list, "EMPTY_SET": _Machine.empty_list, "EMPTY_TUPLE": _Machine.empty_tuple,
    "DICT": _Machine.dictionary, "LIST": _Machine.listing, "FROZENSET": _Machine.collection,
    "ADDITEMS": _Machine.appends, "TUPLE": _Machine.tuple_, "TUPLE1": _tuple_handler(1),
    "TUPLE2": _tuple_handler(2), "TUPLE3": _tuple_handler(3), "SETITEM": _Machine.set_item,
    "SETITEMS": _Machine.set_items, "APPEND": _Machine.append, "APPENDS": _Machine.appends,
    "REDUCE": _Machine.reduce, "NEWOBJ": _Machine.reduce, "NEWOBJ_EX": _Machine.new_object_ex,
    "OBJ": _Machine.old_object, "INST": _Machine.instance, "BINPERSID": _Machine.persistent,
    "BUILD": _Machine.build,
}  # fmt: skip
