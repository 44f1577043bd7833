package io.mptcp.tun;

import io.mptcp.wire.IpAddress;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/**
 * One value of a YAML file together with where it stands, so that every error can name file and line. Only the node tree of the
 * parser is used: nothing in a file can name a class or be constructed. Used for every file a person writes for this project.
 */
public final class ConfigNode {
    private final String file;
    private final String key;
    private final Node node;

    private ConfigNode(String file, String key, Node node) {
        this.file = file;
        this.key = key;
        this.node = node;
    }

    /** @throws ConfigException when there is no such file, it cannot be read, or is not YAML */
    public static ConfigNode load(Path path) throws ConfigException {
        try {
            return parse(path.toString(), Files.readString(path));
        } catch (NoSuchFileException e) {
            throw new ConfigException(path + ": no such file, give the path of the configuration");
        } catch (CharacterCodingException e) {
            throw new ConfigException(path + ": not UTF-8 text, save it as UTF-8");
        } catch (IOException e) {
            String why = Files.isDirectory(path) ? "is a directory" : Files.isReadable(path) ? e.getMessage() : "permission denied";
            throw new ConfigException(path + ": cannot be read (" + why + "), give a readable file");
        }
    }

    /** As {@link #load}; {@code file} stands for the file in messages. */
    public static ConfigNode parse(String file, String text) throws ConfigException {
        Node root;
        try {
            root = new Yaml(new SafeConstructor(new LoaderOptions())).compose(new java.io.StringReader(text));
        } catch (MarkedYAMLException e) {
            int line = e.getProblemMark() == null ? 1 : e.getProblemMark().getLine() + 1;
            throw new ConfigException(file + ":" + line + ": not YAML: " + oneLine(e.getProblem())
                    + (line > text.lines().count() - 1 ? ", is the file complete?" : ", correct it"));
        } catch (YAMLException e) {
            throw new ConfigException(file + ":1: not YAML: " + oneLine(e.getMessage()) + ", correct it");
        }
        if (root == null) {
            throw new ConfigException(file + ":1: empty, start from the example configuration");
        }
        return new ConfigNode(file, "the file", root);
    }

    private static String oneLine(String text) {
        return text == null ? "unreadable" : text.replaceAll("\\s+", " ").strip();
    }

    /** An error at this place of the file. */
    public ConfigException error(String what, String whatToDo) {
        return new ConfigException(file + ":" + (node.getStartMark().getLine() + 1) + ": " + what + ", " + whatToDo);
    }

    /** The key this is the value of. */
    public String key() {
        return key;
    }

    /** The entries of a map, of which only the given keys are allowed. */
    public Map<String, ConfigNode> map(String... knownKeys) throws ConfigException {
        if (!(node instanceof MappingNode mapping)) {
            throw error(key + " must be a map (key: value), not " + describe(), "use the keys " + String.join(", ", knownKeys));
        }
        Map<String, ConfigNode> entries = new LinkedHashMap<>();
        for (NodeTuple tuple : mapping.getValue()) {
            String name = tuple.getKeyNode() instanceof ScalarNode scalar ? scalar.getValue() : "?";
            ConfigNode keyNode = new ConfigNode(file, name, tuple.getKeyNode());
            if (!List.of(knownKeys).contains(name)) {
                throw keyNode.error("unknown key '" + name + "' in " + key, "known are " + String.join(", ", knownKeys));
            }
            if (entries.put(name, new ConfigNode(file, name, tuple.getValueNode())) != null) {
                throw keyNode.error("key '" + name + "' is given twice", "keep one");
            }
        }
        return entries;
    }

    /** The value of a key that has to be there. @param keys what {@link #map} gave */
    public ConfigNode required(Map<String, ConfigNode> keys, String wanted, String whatToDo) throws ConfigException {
        ConfigNode value = keys.get(wanted);
        if (value == null) {
            throw error("'" + wanted + "' is missing in " + key, whatToDo);
        }
        return value;
    }

    /** One of some words, in any case. @param node null gives {@code unset} */
    public static String oneOf(ConfigNode node, List<String> known, String unset) throws ConfigException {
        if (node == null) {
            return unset;
        }
        String value = node.text().toLowerCase(Locale.ROOT);
        if (!known.contains(value)) {
            throw node.error("unknown " + node.key + " '" + value + "'", "use one of " + String.join(", ", known));
        }
        return value;
    }

    /** Whether it is the word that YAML takes for false: off, no, false. */
    public boolean isOff() {
        return node instanceof ScalarNode scalar && scalar.getTag().equals(Tag.BOOL) && !List.of("true", "yes", "on").contains(scalar.getValue().toLowerCase(Locale.ROOT));
    }

    public boolean isList() {
        return node instanceof SequenceNode;
    }

    /** The items of a list. */
    public List<ConfigNode> list() throws ConfigException {
        if (!(node instanceof SequenceNode sequence)) {
            throw error(key + " must be a list, not " + describe(), "write [a, b] or one '- item' per line");
        }
        List<ConfigNode> items = new ArrayList<>();
        for (Node item : sequence.getValue()) {
            items.add(new ConfigNode(file, key + " item " + (items.size() + 1), item));
        }
        return items;
    }

    /** Text, not empty. */
    public String text() throws ConfigException {
        if (!(node instanceof ScalarNode scalar) || scalar.getTag().equals(Tag.NULL) || scalar.getValue().isEmpty()) {
            throw error(key + " must be text, not " + describe(), "give one value");
        }
        return scalar.getValue();
    }

    /** Text turned into something else; the function's IllegalArgumentException becomes an error with the line. */
    public <T> T parsed(Function<String, T> parser, String whatToDo) throws ConfigException {
        String text = text();
        try {
            return parser.apply(text);
        } catch (IllegalArgumentException e) {
            throw error(key + ": " + e.getMessage(), whatToDo);
        }
    }

    /** A whole number between two bounds, both allowed. */
    public int integer(int least, int most) throws ConfigException {
        String advice = "give a number from " + least + " to " + most;
        if (!(node instanceof ScalarNode scalar) || !scalar.getTag().equals(Tag.INT) || !scalar.getValue().matches("-?[0-9][0-9_]{0,14}")) {
            throw error(key + " must be a whole number, not " + describe(), advice);
        }
        long value = Long.parseLong(scalar.getValue().replace("_", ""));
        if (value < least || value > most) {
            throw error(key + " is " + value, advice);
        }
        return (int) value;
    }

    /** True or false, or what YAML takes for that. */
    public boolean bool() throws ConfigException {
        if (node instanceof ScalarNode scalar && scalar.getTag().equals(Tag.BOOL)) {
            // YAML 1.1 knows yes, no, on and off as well.
            return switch (scalar.getValue().toLowerCase(Locale.ROOT)) {
                case "true", "yes", "on" -> true;
                default -> false;
            };
        }
        throw error(key + " must be true or false, not " + describe(), "write true or false");
    }

    private String describe() {
        return switch (node) {
            case MappingNode _ -> "a map";
            case SequenceNode _ -> "a list";
            case ScalarNode scalar when scalar.getTag().equals(Tag.NULL) || scalar.getValue().isEmpty() -> "nothing";
            case ScalarNode scalar -> "'" + oneLine(scalar.getValue()) + "'";
            default -> "that";
        };
    }

    /** {@code ADDRESS:PORT} or {@code [ADDRESS]:PORT}; names are not looked up. */
    public static InetSocketAddress socketAddress(String text) {
        int colon = text.lastIndexOf(':');
        String port = colon < 0 ? "" : text.substring(colon + 1);
        if (!port.matches("[0-9]{1,5}") || Integer.parseInt(port) > 65_535) {
            throw new IllegalArgumentException("'" + text + "' is not an address with a port");
        }
        String host = text.substring(0, colon).replaceFirst("^\\[(.*)]$", "$1");
        IpAddress.parse(host);
        return new InetSocketAddress(InetAddress.ofLiteral(host), Integer.parseInt(port));
    }
}
