/* numbers.c: the C library's arithmetic and its formatting, on the x87. */
#include <fenv.h>
#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static volatile double one = 1.0, zero = 0.0;

static void functions(double x)
{
    printf("%.15g: %.12g %.12g %.12g %.12g %.12g %.12g\n", x, sin(x), cos(x),
           tan(x), exp(x / 10), log(fabs(x) + 1), sqrt(fabs(x)));
    printf("  %.12g %.12g %.12g %.12g %.12g\n", atan(x), sinh(x / 10),
           pow(fabs(x), 0.3), cbrt(x), hypot(x, 2));
    printf("  %.12g %.12g %.12g %.12g %ld %a\n", floor(x), ceil(x),
           fmod(x, 0.7), rint(x), lrint(x), x);
}

static void formats(double x)
{
    printf("%f %e %g %.3f %.0f %+012.4f %-12.2e| %G %a\n", x, x, x, x, x, x, x,
           x, x);
}

int main(void)
{
    int exponent;
    double whole;
    for (double x = -7.75; x < 8; x += 1.55)
        functions(x);
    formats(0.1);
    formats(-12345.6789);
    formats(1e300);
    formats(DBL_MIN / 3);
    formats(one / zero);
    formats(-zero);
    printf("%d %d\n", isnan(zero / zero), isinf(-one / zero));
    printf("%.20Lf %Lg %.25Lg\n", 1.0L / 3, LDBL_MAX, 3.14159265358979323846L);
    printf("%.17g %.17g\n", frexp(1234.5, &exponent), modf(-3.75, &whole));
    printf("%d %g %g %g\n", exponent, whole, ldexp(0.75, 20),
           nextafter(1, 2) - 1);
    printf("%.17g %.17g %.17g %g\n", strtod("0.1", NULL),
           strtod("1e-310", NULL), strtod("0x1.8p3", NULL),
           strtod("inf", NULL));
    printf("%lld %llu %lld %llx\n", LLONG_MIN / 7, ULLONG_MAX % 1000007,
           123456789012345LL * 67, 0x123456789abcdefULL >> 13);
    printf("%ld %lld %d %u\n", strtol("-0x7f", NULL, 0),
           atoll("9223372036854775807"), INT_MIN, UINT_MAX);
    for (int mode = 0; mode < 4; mode++) {
        static const int modes[] = {FE_TONEAREST, FE_DOWNWARD, FE_UPWARD,
                                    FE_TOWARDZERO};
        fesetround(modes[mode]);
        printf("%.20g %g %g; ", one / 3, rint(2.5 * one), rint(-2.5 * one));
    }
    fesetround(FE_TONEAREST);
    feclearexcept(FE_ALL_EXCEPT);
    whole = one / zero;
    printf("\n%d %d\n", fetestexcept(FE_DIVBYZERO) != 0,
           fetestexcept(FE_INVALID) != 0);
    double sum = 0;
    for (int i = 1; i < 20000; i++)
        sum += 1.0 / ((double)i * i);
    printf("%.14g %.14g\n", sum, erf(0.5) + tgamma(5.5) + j0(1.5));
    float f = 0.1f;
    printf("%.9g %d %u %lld\n", f * f, (int)-2.7, (unsigned)3e9,
           (long long)-1e15);
    return 0;
}
