package io.mptcp.cli.demo;

/** Where the demonstration tells what happens. */
interface DemoView {
    /** Tells nothing, as a program that only wants the result. */
    DemoView SILENT = new DemoView() {
        @Override
        public void step(String text) {
        }

        @Override
        public void sample(double seconds, double[] pathBitsPerSecond, long bytes, long totalBytes) {
        }
    };

    /** Something begins or happens. */
    void step(String text);

    /**
     * How a download goes.
     *
     * @param seconds           since it began
     * @param pathBitsPerSecond what each path carries to the client now
     * @param bytes             what the application has
     */
    void sample(double seconds, double[] pathBitsPerSecond, long bytes, long totalBytes);
}
