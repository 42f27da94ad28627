package ai.tutti.bench;

/** The normal distribution. */
final class Gaussian {
    private Gaussian() {}

    /** How many deviations from the mean a share of all values lies below; by bisection of the distribution's integral. */
    static double quantile(double share) {
        double low = -8;
        double high = 8;
        for (int i = 0; i < 50; i++) {
            double middle = (low + high) / 2;
            if (below(middle) < share) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** Taylor's series of the integral from 0: x + x^3/3 + x^5/(3*5) + ..., times the density. */
    private static double below(double x) {
        double term = x;
        double sum = x;
        for (int i = 3; Math.abs(term) > 1e-16; i += 2) {
            term *= x * x / i;
            sum += term;
        }
        return 0.5 + sum * Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
    }
}
