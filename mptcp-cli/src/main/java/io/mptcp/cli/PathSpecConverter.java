package io.mptcp.cli;

import io.mptcp.netty.host.PathSpec;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads {@code DEV[,OPTION...]}, see {@link PathSpec#parse}. */
final class PathSpecConverter implements ITypeConverter<PathSpec> {
    @Override
    public PathSpec convert(String text) {
        try {
            return PathSpec.parse(text);
        } catch (IllegalArgumentException e) {
            throw new TypeConversionException(e.getMessage());
        }
    }
}
