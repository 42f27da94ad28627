# Finds a Java 25 or newer; sourced by the scripts that start Tutti.

# java_major HOME: prints the feature version of the Java in a folder, from its release file where it has one (fast), else
# by asking it; nothing when there is no Java.
java_major() {
    [ -x "$1/bin/java" ] || return 0
    java_version=
    if [ -r "$1/release" ]; then
        while IFS= read -r java_line; do
            case $java_line in
                JAVA_VERSION=*) java_version=${java_line#JAVA_VERSION=\"} ;;
            esac
        done < "$1/release"
    fi
    if [ -z "$java_version" ]; then
        java_version=$("$1/bin/java" -version 2>&1 | sed -n 's/.*version "\([^"]*\)".*/\1/p' | head -n 1)
    fi
    java_version=${java_version%%[!0-9]*}
    [ -n "$java_version" ] && echo "$java_version"
    return 0
}

# java_fits HOME: whether the Java in a folder is new enough, and has the program that $java_tool names, such as javac.
java_fits() {
    [ -x "$1/bin/${java_tool:-java}" ] || return 1
    java_found=$(java_major "$1")
    [ -n "$java_found" ] && [ "$java_found" -ge 25 ]
}

# find_java [ROOT]: prints the folder of a Java 25 or newer. JAVA_HOME first, then the java on the PATH, then the places where
# systems and people put them; ROOT goes before the systems' places. Fails, printing nothing, when there is none.
find_java() {
    if [ -n "${JAVA_HOME:-}" ] && java_fits "$JAVA_HOME"; then
        printf '%s\n' "$JAVA_HOME"
        return 0
    fi
    if java_command=$(command -v java 2>/dev/null); then
        java_command=$(readlink -f "$java_command" 2>/dev/null || printf '%s\n' "$java_command")
        java_home=$(dirname "$(dirname "$java_command")")
        if java_fits "$java_home"; then
            printf '%s\n' "$java_home"
            return 0
        fi
    fi
    for java_home in \
        "${1:-}"/usr/lib/jvm/* \
        "${1:-}"/usr/java/* \
        "${1:-}"/opt/java/* \
        "${1:-}"/Library/Java/JavaVirtualMachines/*/Contents/Home \
        "${HOME:-/nonexistent}"/.sdkman/candidates/java/* \
        "${HOME:-/nonexistent}"/.jdks/*; do
        if java_fits "$java_home"; then
            printf '%s\n' "$java_home"
            return 0
        fi
    done
    return 1
}

# say_no_java: the one line for people without a Java 25.
say_no_java() {
    echo "tutti: needs a JDK 25 or newer; install one (such as the package openjdk-25-jdk-headless or temurin-25-jdk)" \
        "or point JAVA_HOME to it" >&2
}
