package ai.tutti.engine.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import org.junit.jupiter.api.Test;

final class HandlesTest {
    @Test
    void theYoungestGoesFirstAndEachOnce() {
        var destroyed = new ArrayList<Long>();
        var handles = new Handles();
        assertThat(handles.add(1, destroyed::add)).isEqualTo(1);
        handles.add(2, destroyed::add);
        handles.close();
        handles.close();

        assertThat(destroyed).containsExactly(2L, 1L);
    }
}
