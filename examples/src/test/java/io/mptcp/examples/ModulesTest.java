package io.mptcp.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.lang.module.Configuration;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.lang.module.ResolvedModule;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The library on a module path. */
class ModulesTest {
    @Test
    void everyModuleOfTheLibraryIsOneForTheJdkToo() {
        Path[] path = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator)).map(Path::of)
                .filter(entry -> !entry.endsWith("test-classes") && !entry.toString().contains("testkit")).toArray(Path[]::new);
        ModuleFinder finder = ModuleFinder.of(path);
        assumeTrue(finder.find("io.mptcp.core").isPresent(), "the modules were not compiled as such");
        Configuration resolved = ModuleLayer.boot().configuration().resolve(finder, ModuleFinder.of(), Set.of("io.mptcp.netty"));
        Set<String> own = resolved.modules().stream().map(ResolvedModule::name).filter(name -> name.startsWith("io.mptcp")).collect(Collectors.toSet());
        assertEquals(Set.of("io.mptcp.core", "io.mptcp.scheduler", "io.mptcp.pm", "io.mptcp.netty"), own);
        ModuleDescriptor netty = finder.find("io.mptcp.netty").orElseThrow().descriptor();
        assertFalse(netty.isAutomatic());
        assertEquals(Set.of("io.mptcp.netty", "io.mptcp.netty.channel", "io.mptcp.netty.host", "io.mptcp.netty.linux", "io.mptcp.netty.metrics",
                "io.mptcp.netty.socket"), netty.exports().stream().map(ModuleDescriptor.Exports::source).collect(Collectors.toSet()));
    }
}
