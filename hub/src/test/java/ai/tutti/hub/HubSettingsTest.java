package ai.tutti.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.tutti.engine.checkpoint.ModelLoadException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class HubSettingsTest {
    @TempDir
    private Path home;

    @ParameterizedTest
    @CsvSource(textBlock = """
            '',                                                                          /home/me/.cache/huggingface/hub
            XDG_CACHE_HOME=/xdg,                                                         /xdg/huggingface/hub
            XDG_CACHE_HOME=/xdg HF_HOME=/hf,                                             /hf/hub
            HF_HOME=/hf HUGGINGFACE_HUB_CACHE=/old,                                      /old
            HF_HOME=/hf HUGGINGFACE_HUB_CACHE=/old HF_HUB_CACHE=/new,                    /new
            HF_HUB_CACHE=~/models,                                                       /home/me/models
            HF_HUB_CACHE=$DATA/${MORE}/hub DATA=/data MORE=more,                         /data/more/hub
            HF_HOME=/data/$UNSET,                                                        /data/$UNSET/hub
            HF_HUB_CACHE= HF_HOME=/hf,                                                   /hf/hub
            """)
    void theCacheLiesWherePythonLooks(String variables, Path cache) {
        var environment = new HashMap<>(Map.of("HOME", "/home/me"));
        for (String variable : variables.split(" ")) {
            if (!variable.isEmpty()) {
                environment.put(variable.substring(0, variable.indexOf('=')), variable.substring(variable.indexOf('=') + 1));
            }
        }

        assertThat(HubSettings.of(environment).cache()).isEqualTo(cache);
    }

    @Test
    void withoutAnythingTheHubIsThePublicOne() {
        HubSettings settings = settings();

        assertThat(settings.endpoint()).isEqualTo(URI.create("https://huggingface.co"));
        assertThat(settings.token()).isNull();
        assertThat(settings.offline()).isFalse();
        assertThat(settings.symlinks()).isTrue();
        assertThat(settings.timeout()).isEqualTo(Duration.ofSeconds(10));
    }

    @ParameterizedTest
    @CsvSource({"1, true", "ON, true", "yes, true", "True, true", "0, false", "no, false", "'', false"})
    void switchesAreReadAsPythonReadsThem(String value, boolean on) {
        assertThat(settings("HF_HUB_OFFLINE", value).offline()).isEqualTo(on);
        assertThat(settings("TRANSFORMERS_OFFLINE", value).offline()).isEqualTo(on);
        assertThat(settings("HF_HUB_DISABLE_SYMLINKS", value).symlinks()).isEqualTo(!on);
    }

    @Test
    void theTokenComesFromTheEnvironmentOrTheFileOfTheLogin() throws IOException {
        assertThat(settings("HF_TOKEN", " hf_a\n").token()).isEqualTo("hf_a");
        assertThat(settings("HUGGING_FACE_HUB_TOKEN", "hf_b").token()).isEqualTo("hf_b");

        Files.writeString(home.resolve("token"), "hf_c\n");
        assertThat(settings().token()).isEqualTo("hf_c");
        assertThat(settings("HF_TOKEN", "hf_a").token()).isEqualTo("hf_a");
        assertThat(settings("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1").token()).isNull();

        Files.writeString(home.resolve("other"), "hf_d");
        assertThat(settings("HF_TOKEN_PATH", home.resolve("other").toString()).token()).isEqualTo("hf_d");
    }

    @Test
    void theTokenIsNotPrinted() {
        assertThat(settings("HF_TOKEN", "hf_secret").toString()).doesNotContain("hf_secret");
    }

    @Test
    void anEndpointMayEndWithASlash() {
        assertThatThrownBy(() -> settings("HF_ENDPOINT", "https://me:secret@mirror.example"))
                .hasMessageContaining("HF_TOKEN")
                .hasMessageNotContaining("secret");
        assertThat(settings("HF_ENDPOINT", "https://mirror.example/hf/").endpoint())
                .isEqualTo(URI.create("https://mirror.example/hf"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"mirror.example", "ftp://mirror.example", "http:", "http://a b"})
    void anEndpointThatIsNoAddress(String endpoint) {
        assertThatThrownBy(() -> settings("HF_ENDPOINT", endpoint))
                .isInstanceOf(ModelLoadException.class)
                .hasMessageContaining("HF_ENDPOINT: '" + endpoint + "'");
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-1", "soon", "1.5"})
    void aTimeoutThatIsNone(String timeout) {
        assertThatThrownBy(() -> settings("HF_HUB_DOWNLOAD_TIMEOUT", timeout))
                .hasMessageContaining("HF_HUB_DOWNLOAD_TIMEOUT: '" + timeout + "'");
    }

    @Test
    void aTokenThatCannotBeSent() {
        assertThatThrownBy(() -> settings("HF_TOKEN", "hf_a\r\nx: y"))
                .hasMessageContaining("HF_TOKEN")
                .message().doesNotContain("hf_a");
    }

    @ParameterizedTest
    @CsvSource({
        "https://huggingface.co, proxy.example:3128",
        "http://huggingface.co, plain.example:80",
        "https://hub.intern.example, ''",
        "https://notintern.example, proxy.example:3128",
    })
    void proxies(String address, String proxy) {
        var proxies = Proxies.of(Map.of(
                "HTTPS_PROXY", "http://proxy.example:3128", "http_proxy", "plain.example", "NO_PROXY", "127.0.0.1, .intern.example"));

        Proxy found = proxies.selector().select(URI.create(address)).getFirst();

        assertThat(found.address() instanceof InetSocketAddress a ? a.getHostString() + ":" + a.getPort() : "").isEqualTo(proxy);
    }

    private HubSettings settings(String... variable) {
        var environment = new HashMap<>(Map.of("HF_HOME", home.toString()));
        for (int i = 0; i < variable.length; i += 2) {
            environment.put(variable[i], variable[i + 1]);
        }
        return HubSettings.of(environment);
    }
}
