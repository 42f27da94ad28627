package ai.tutti.engine.checkpoint;

import ai.tutti.engine.checkpoint.Pickle.None;
import ai.tutti.engine.checkpoint.Pickle.Tuple;
import ai.tutti.engine.tensor.DType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a checkpoint's pickle may name: ordered dictionaries, tensors, parameters and the storages they view. Everything else
 * is refused by name, however harmless, since a pickle that asks for it holds more than weights.
 */
final class TorchWorld implements Pickle.World {
    private static final Map<String, DType> STORAGES = Map.ofEntries(
            Map.entry("DoubleStorage", DType.F64),
            Map.entry("FloatStorage", DType.F32),
            Map.entry("HalfStorage", DType.F16),
            Map.entry("BFloat16Storage", DType.BF16),
            Map.entry("ComplexFloatStorage", DType.C64),
            Map.entry("LongStorage", DType.I64),
            Map.entry("IntStorage", DType.I32),
            Map.entry("ShortStorage", DType.I16),
            Map.entry("CharStorage", DType.I8),
            Map.entry("ByteStorage", DType.U8),
            Map.entry("BoolStorage", DType.BOOL),
            Map.entry("UntypedStorage", DType.U8));
    private static final Map<String, DType> DTYPES = Map.ofEntries(
            Map.entry("float64", DType.F64),
            Map.entry("float32", DType.F32),
            Map.entry("float16", DType.F16),
            Map.entry("bfloat16", DType.BF16),
            Map.entry("float8_e4m3fn", DType.F8_E4M3),
            Map.entry("float8_e5m2", DType.F8_E5M2),
            Map.entry("float8_e8m0fnu", DType.F8_E8M0),
            Map.entry("complex64", DType.C64),
            Map.entry("int64", DType.I64),
            Map.entry("uint64", DType.U64),
            Map.entry("int32", DType.I32),
            Map.entry("uint32", DType.U32),
            Map.entry("int16", DType.I16),
            Map.entry("uint16", DType.U16),
            Map.entry("int8", DType.I8),
            Map.entry("uint8", DType.U8),
            Map.entry("bool", DType.BOOL));

    /** What may be called. */
    private enum Callable {
        ORDERED_DICT,
        SIZE,
        TENSOR,
        TENSOR_V2,
        TENSOR_V3,
        PARAMETER
    }

    /** A storage's class. */
    private record StorageType(DType dtype) {}

    /**
     * A run of numbers that lies elsewhere in the file.
     *
     * @param key the storage's name in the file
     * @param elements how many numbers that storage has
     * @param first where in the storage the run begins (very old files know views of storages)
     * @param count how many numbers the run has
     */
    record Storage(String key, DType dtype, long elements, long first, long count) {}

    /** A view of a storage; places and strides count numbers of {@code dtype}. Not checked against the storage. */
    record Tensor(Storage storage, DType dtype, long first, long[] shape, long[] strides) {}

    private static final int MOST_DIMENSIONS = 64;
    private static final long MOST_PAIRS = 4_000_000;

    private final MappedFile file;
    private long pairsRead;
    private final Map<String, Storage> storages = new LinkedHashMap<>();

    TorchWorld(MappedFile file) {
        this.file = file;
    }

    /** The storages that tensors were made of so far, by key; a key stands for one storage throughout a file. */
    Map<String, Storage> storages() {
        return storages;
    }

    @Override
    public Object global(String module, String name) {
        Object known = switch (module) {
            case "collections" -> name.equals("OrderedDict") ? Callable.ORDERED_DICT : null;
            case "torch._utils" -> switch (name) {
                case "_rebuild_tensor" -> Callable.TENSOR;
                case "_rebuild_tensor_v2" -> Callable.TENSOR_V2;
                case "_rebuild_tensor_v3" -> Callable.TENSOR_V3;
                case "_rebuild_parameter" -> Callable.PARAMETER;
                default -> null;
            };
            case "torch" -> name.equals("Size") ? Callable.SIZE : storageOr(name, DTYPES.get(name));
            case "torch.storage" -> storageOr(name, null);
            default -> null;
        };
        if (known == null) {
            throw new ModelLoadException("%s asks for %s; such a file is not read, only plain tensors are: take the model's"
                            .formatted(file.path(), OneLine.of(module + "." + name))
                    + " model.safetensors");
        }
        return known;
    }

    private static @Nullable Object storageOr(String name, @Nullable DType otherwise) {
        DType dtype = STORAGES.get(name);
        return dtype == null ? otherwise : new StorageType(dtype);
    }

    @Override
    public Object call(Object callable, List<Object> arguments) {
        if (!(callable instanceof Callable known)) {
            throw file.broken("its pickle calls something that is no function");
        }
        return switch (known) {
            case ORDERED_DICT -> orderedDict(arguments);
            case SIZE -> tuple(argument(arguments, 0));
            case TENSOR, TENSOR_V2 -> tensor(arguments, null);
            case TENSOR_V3 -> tensor(arguments, dtype(argument(arguments, 6)));
            case PARAMETER -> argument(arguments, 0);
        };
    }

    /** Python 2 gives the items as a list of pairs, Python 3 sets them afterwards. */
    private Map<Object, Object> orderedDict(List<Object> arguments) {
        Map<Object, Object> map = new LinkedHashMap<>();
        if (!arguments.isEmpty()) {
            if (!(arguments.getFirst() instanceof List<?> pairs)) {
                throw unexpected("an OrderedDict");
            }
            pairsRead += pairs.size();
            if (pairsRead > MOST_PAIRS) {
                throw file.broken("its pickle copies dictionaries over and over");
            }
            for (Object pair : pairs) {
                List<?> items = pair instanceof Tuple tuple ? tuple.items() : pair instanceof List<?> list ? list : List.of();
                if (items.size() != 2 || !(items.getFirst() instanceof String)) {
                    throw unexpected("an OrderedDict");
                }
                map.put(items.getFirst(), items.getLast());
            }
        }
        return map;
    }

    private Tensor tensor(List<Object> arguments, @Nullable DType dtype) {
        if (!(argument(arguments, 0) instanceof Storage storage)) {
            throw unexpected("a tensor");
        }
        return new Tensor(
                storage,
                dtype == null ? storage.dtype() : dtype,
                number(argument(arguments, 1)),
                numbers(tuple(argument(arguments, 2))),
                numbers(tuple(argument(arguments, 3))));
    }

    /** {@code ("storage", class, key, device, elements)}, in old files with None or {@code (key, first, count)} behind it. */
    @Override
    public Object persistent(Object id) {
        List<Object> parts = tuple(id).items();
        if (parts.size() < 5
                || !"storage".equals(parts.get(0))
                || !(parts.get(1) instanceof StorageType type)
                || !(parts.get(2) instanceof String key)) {
            throw unexpected("a storage");
        }
        long elements = number(parts.get(4));
        Storage whole = new Storage(key, type.dtype(), elements, 0, elements);
        Storage before = storages.putIfAbsent(key, whole);
        if (before != null && !before.equals(whole)) {
            throw file.broken("it describes storage %s in two ways".formatted(key));
        }
        if (parts.size() == 5 || parts.get(5) instanceof None) {
            return whole;
        }
        List<Object> view = tuple(parts.get(5)).items();
        return new Storage(key, type.dtype(), elements, number(argument(view, 1)), number(argument(view, 2)));
    }

    private Object argument(List<Object> arguments, int place) {
        if (place >= arguments.size()) {
            throw file.broken("its pickle calls something with too few arguments");
        }
        return arguments.get(place);
    }

    private Tuple tuple(Object value) {
        if (value instanceof Tuple tuple) {
            return tuple;
        }
        throw unexpected("a tuple");
    }

    private long number(Object value) {
        if (value instanceof Long number && number >= 0) {
            return number;
        }
        throw unexpected("a size");
    }

    private long[] numbers(Tuple values) {
        if (values.items().size() > MOST_DIMENSIONS) {
            throw unexpected("a shape");
        }
        return values.items().stream().mapToLong(this::number).toArray();
    }

    private DType dtype(Object value) {
        if (value instanceof DType dtype) {
            return dtype;
        }
        throw unexpected("a tensor's type");
    }

    private ModelLoadException unexpected(String wanted) {
        return file.broken("its pickle has something else where the format has " + wanted);
    }
}
