package io.mptcp.cli.bench.failover;

import io.mptcp.cli.RatePicture;
import java.util.List;

/**
 * What a laptop's download was like while its Ethernet was pulled and plugged in again.
 *
 * @param rates              for each interval its end in seconds, the Mbit/s of frames over Ethernet, and over both
 * @param mbit               what the application got in Mbit/s, with both, by Wi-Fi alone, with both again; each without its first second
 * @param longestPauseMillis longest time without a byte for the application, from its first byte on
 * @param pauseAtSeconds     when that began
 * @param returnSeconds      from plugging in until Ethernet carried data, {@link CutSample#NEVER} when it did not
 * @param lateMillis         how much later than it should have the emulator let go of a frame, at most: what the machine added
 */
record LaptopTrace(Pairing pairing, List<double[]> rates, List<Double> mbit, double longestPauseMillis, double pauseAtSeconds, double returnSeconds,
                   double lateMillis) {
    RatePicture.Panel panel() {
        return new RatePicture.Panel(pairing.title(), rates);
    }
}
