package io.mptcp.cli.interop;

import io.mptcp.cli.lab.LabNamespace;

/** What a program could leave behind in a namespace, as text to compare. */
record HostState(String links, String addresses, String routes, String routes6, String rules, String rules6) {
    static HostState of(LabNamespace namespace) {
        return new HostState(namespace.ipOutput("link", "show"), namespace.ipOutput("addr", "show"),
                namespace.ipOutput("route", "show", "table", "all"), namespace.ipOutput("-6", "route", "show", "table", "all"),
                namespace.ipOutput("rule", "show"), namespace.ipOutput("-6", "rule", "show"));
    }
}
