package ai.tutti.engine.checkpoint;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The files of {@code torch.save}, {@code pytorch_model.bin}: a {@link Pickle} of a dictionary whose tensors view storages
 * that lie beside it. The tensors are handed out as views of the mapped file; nothing is copied or executed.
 *
 * <p>Since 1.6 the file is a zip of {@code NAME/data.pkl} and {@code NAME/data/KEY}, a storage each, uncompressed. Before, it
 * was five pickles, one behind another: a magic number, the format's version, facts about the machine, the dictionary, the
 * storages' keys; then the storages in that order, eight bytes with the number of elements in front of each. A checkpoint in
 * a checkpoint ({@code state_dict}, {@code model}) is looked into.
 */
final class PyTorch {
    private static final BigInteger MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);
    private static final long VERSION = 1001;
    private static final String PICKLE = "data.pkl";
    private static final List<String> NESTED = List.of("state_dict", "model_state_dict", "model", "module");
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final MappedFile file;
    private final TorchWorld world;

    private PyTorch(MappedFile file) {
        this.file = file;
        this.world = new TorchWorld(file);
    }

    /** The file's tensors under the names they have there. */
    static List<StoredTensor> read(MappedFile file) {
        PyTorch reader = new PyTorch(file);
        return ZipEntries.looksLikeOne(file) ? reader.zipped() : reader.plain();
    }

    private List<StoredTensor> zipped() {
        Map<String, MemorySegment> entries = ZipEntries.read(file);
        Map.Entry<String, MemorySegment> pickle = entries.entrySet().stream()
                .filter(entry -> isPickle(entry.getKey()))
                .findFirst()
                .orElseThrow(() -> file.broken("it is a zip without PyTorch's " + PICKLE));
        String folder = pickle.getKey().substring(0, pickle.getKey().length() - PICKLE.length());
        if (entries.containsKey(folder + "constants.pkl")) {
            throw new ModelLoadException(file.path() + " holds a program (TorchScript) and not only weights; such a file is"
                    + " not read: take the model's model.safetensors");
        }
        MemorySegment order = entries.get(folder + "byteorder");
        if (order != null && order.byteSize() == 3) { // "big"
            throw new ModelLoadException(file.path() + " was written on a big-endian machine, which is not supported: take"
                    + " the model's model.safetensors");
        }
        Object root = new Pickle(file, pickle.getValue(), world).load();
        Map<String, MemorySegment> storages = new HashMap<>();
        world.storages().forEach((key, storage) -> storages.put(key, fitting(storage, entries.get(folder + "data/" + key))));
        return tensors(root, storages);
    }

    /** {@code data.pkl} itself or in one folder. */
    private static boolean isPickle(String name) {
        return name.equals(PICKLE) || (name.endsWith("/" + PICKLE) && name.indexOf('/') == name.lastIndexOf('/'));
    }

    private List<StoredTensor> plain() {
        Pickle pickle = new Pickle(file, file.bytes(), world);
        if (!startsAsPickle() || !MAGIC.equals(pickle.load())) {
            throw file.broken("it was not written by torch.save");
        }
        if (!(pickle.load() instanceof Long version) || version != VERSION) {
            throw file.broken("its version of the format is not " + VERSION);
        }
        pickle.load(); // byte order and type sizes of the machine; storages are little-endian whatever it says
        Object root = pickle.load();
        Object keys = pickle.load();
        return tensors(root, plainStorages(keys, pickle.position()));
    }

    private boolean startsAsPickle() {
        return file.bytes().byteSize() > 2 && file.bytes().get(ValueLayout.JAVA_BYTE, 0) == (byte) 0x80;
    }

    private Map<String, MemorySegment> plainStorages(Object keys, long begin) {
        Map<String, MemorySegment> storages = new LinkedHashMap<>();
        long at = begin;
        for (Object key : keys instanceof List<?> list ? list : List.of()) {
            TorchWorld.Storage storage = key instanceof String name ? world.storages().get(name) : null;
            if (storage == null || storages.containsKey(storage.key())) {
                throw file.broken("it lists a storage that no tensor views, or one twice");
            }
            long size = size(storage);
            if (file.bytes().byteSize() - at < Long.BYTES
                    || file.bytes().get(LONG, at) != storage.elements()
                    || size > file.bytes().byteSize() - at - Long.BYTES) {
                throw file.broken("storage %s at byte %d has not the %d numbers of %s that its tensors view"
                        .formatted(storage.key(), at, storage.elements(), storage.dtype()));
            }
            storages.put(storage.key(), file.bytes().asSlice(at + Long.BYTES, size));
            at += Long.BYTES + size;
        }
        if (at != file.bytes().byteSize()) {
            throw file.broken("its storages end at byte %d of %d".formatted(at, file.bytes().byteSize()));
        }
        return storages;
    }

    /** A storage's bytes, which must be as many as its tensors were told. */
    private MemorySegment fitting(TorchWorld.Storage storage, @Nullable MemorySegment bytes) {
        if (bytes == null) {
            throw file.broken("it lacks the storage data/" + storage.key());
        }
        if (bytes.byteSize() != size(storage)) {
            throw file.broken("storage data/%s has %d bytes, but its tensors view %d numbers of %s"
                    .formatted(storage.key(), bytes.byteSize(), storage.elements(), storage.dtype()));
        }
        return bytes;
    }

    private long size(TorchWorld.Storage storage) {
        if (storage.elements() > file.bytes().byteSize()) {
            throw file.broken("storage %s has %d numbers, more than the file has bytes"
                    .formatted(storage.key(), storage.elements()));
        }
        return storage.elements() * storage.dtype().bytes();
    }

    private List<StoredTensor> tensors(Object root, Map<String, MemorySegment> storages) {
        List<StoredTensor> tensors = new ArrayList<>();
        dictionary(root).forEach((name, value) -> {
            if (value instanceof TorchWorld.Tensor tensor) {
                if (!(name instanceof String text)) {
                    throw file.broken("it has a tensor whose name is no text");
                }
                tensors.add(stored(text, tensor, storages.get(tensor.storage().key())));
            }
        });
        if (tensors.isEmpty()) {
            throw file.broken("it holds no weights");
        }
        return tensors;
    }

    /** The dictionary of tensors: the outermost, or one inside it where that has none itself. */
    private Map<?, ?> dictionary(Object root) {
        if (!(root instanceof Map<?, ?> outer)) {
            throw file.broken("it holds no dictionary of tensors");
        }
        if (outer.values().stream().noneMatch(TorchWorld.Tensor.class::isInstance)) {
            for (String key : NESTED) {
                if (outer.get(key) instanceof Map<?, ?> inner) {
                    return inner;
                }
            }
        }
        return outer;
    }

    private StoredTensor stored(String name, TorchWorld.Tensor tensor, @Nullable MemorySegment bytes) {
        if (bytes == null) {
            throw file.broken("tensor %s views a storage that is not there".formatted(name));
        }
        TorchWorld.Storage storage = tensor.storage();
        long[] shape = tensor.shape();
        long[] strides = tensor.strides();
        int each = tensor.dtype().bytes();
        long elements = TensorSize.elements(shape);
        long span = TensorSize.span(shape, strides);
        long storageBytes = storage.dtype().bytes();
        boolean fits = storage.first() <= storage.elements()
                && storage.count() <= storage.elements() - storage.first()
                && elements >= 0
                && elements <= file.bytes().byteSize() / each // an expanded tensor is no bomb
                && span >= 0
                && tensor.first() <= storage.count() * storageBytes / each - span;
        if (!fits) {
            throw file.broken("tensor %s of shape %s with strides %s, %d numbers into %d, does not lie inside its storage"
                    .formatted(name, brief(shape), brief(strides), tensor.first(), storage.count()));
        }
        long begin = storage.first() * storageBytes + tensor.first() * each;
        MemorySegment data = bytes.asSlice(begin, span * each);
        return new StoredTensor(name, tensor.dtype(), shape, strides, data, file.path().toString());
    }

    private static String brief(long[] values) {
        return values.length <= 8 ? Arrays.toString(values) : "of %d dimensions".formatted(values.length);
    }
}
