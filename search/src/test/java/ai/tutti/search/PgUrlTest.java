package ai.tutti.search;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PgUrlTest {
    @ParameterizedTest
    @CsvSource(
            nullValues = "-",
            value = {
                "postgresql://u:p%2Fw%40@host:5432/db,jdbc:postgresql://host:5432/db,u,p/w@",
                "postgres://host/db?sslmode=require,jdbc:postgresql://host/db?sslmode=require,-,-",
                "postgresql://u@[::1],jdbc:postgresql://[::1]/,u,-",
                "jdbc:postgresql://a:1/db?user=u&password=p@#w,jdbc:postgresql://a:1/db?user=u&password=p@#w,-,-",
                "jdbc:postgresql:db,jdbc:postgresql:db,-,-",
            })
    void anAddressIsReadAndShownWithoutItsPassword(String url, String jdbc, String user, String password) {
        var address = PgUrl.parse(url);
        assertThat(address.jdbc()).isEqualTo(jdbc);
        assertThat(address.properties().getProperty("user")).isEqualTo(user);
        assertThat(address.properties().getProperty("password")).isEqualTo(password);
        assertThat(address.shown()).startsWith("postgresql:").doesNotContain("p/w", "p@#w", "?");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "postgresql://u:secret/w@host/db",
                "postgresql://u:secret#w@host/db",
                "postgresql://u:secret@w@host/db",
                "postgresql://u:123secret?w@host/db",
                "postgresql://u:123/secret@host/db",
                "postgresql://u:123?secret@host/db",
                "postgresql://u:secret@host/db#secret",
                "postgresql://u:se cret@host/db",
                "postgresql://u:secret@my_host/db",
                "postgresql:///secret",
                "mysql://u:secret@host/db",
                "jdbc:postgresql://u:secret@host/db",
                "jdbc:postgresql://u:secret?w@host/db",
                "jdbc:postgresql://u:secret#w@host/db",
                "jdbc:postgresql://host:port/db?password=secret",
            })
    void whatCannotBeReadIsRefusedWithoutBeingRepeated(String url) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PgUrl.parse(url))
                .withNoCause()
                .satisfies(refused -> assertThat(refused.getMessage()).doesNotContain("secret", "cret@"));
    }

    @Test
    void noStoreTakesTheNameOfTheListOfStores() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new PgSchema("tutti_stores", new VectorSpace("m", 3)))
                .withMessageContaining("tutti_stores");
    }
}
