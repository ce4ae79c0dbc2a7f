/* What limits a process's memory: mounts, groups and limits as the kernel writes them. */
/* SPDX-License-Identifier: MIT */
#include "relay/base/machine_memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const char v1[] =
    "35 31 0:29 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory\n";
static const char v1_cpu[] = "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n";
static const char v2[] =
    "41 31 0:38 / /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw,nsdelegate\n";
static const char inside[] =
    "35 31 0:29 /docker/0a1 /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n";

static void test_mounts(void **state)
{
    struct machine_memory_mount m;
    (void)state;
    assert_true(machine_memory_mount(v1, &m));
    assert_false(m.unified);
    assert_string_equal("/sys/fs/cgroup/memory", m.point);
    assert_false(machine_memory_mount(v1_cpu, &m));
    assert_true(machine_memory_mount(v2, &m));
    assert_true(m.unified);
    assert_false(machine_memory_mount("36 1 8:1 / / rw - ext4 /dev/sda1 rw,memory\n", &m));
    assert_false(machine_memory_mount("", &m));
    assert_false(machine_memory_mount("36 - cgroup2", &m));
}

static void test_groups(void **state)
{
    struct machine_memory_mount m;
    char path[MACHINE_MEMORY_PATH];
    (void)state;
    assert_true(machine_memory_mount(v1, &m));
    assert_true(machine_memory_group("4:memory:/live/relay\n", &m, path));
    assert_string_equal("/sys/fs/cgroup/memory/live/relay", path);
    assert_true(machine_memory_group("4:cpu,memory:/a\n", &m, path));
    assert_false(machine_memory_group("4:cpu,memoryless:/a\n", &m, path));
    assert_false(machine_memory_group("0::/a\n", &m, path));
    assert_false(machine_memory_group("nonsense", &m, path));
    assert_true(machine_memory_mount(v2, &m));
    assert_true(machine_memory_group("0::/system.slice/roomcast.service\n", &m, path));
    assert_string_equal("/sys/fs/cgroup/system.slice/roomcast.service", path);
    assert_false(machine_memory_group("4:memory:/a\n", &m, path));
    assert_true(machine_memory_mount(inside, &m)); /* a container without a cgroup namespace */
    assert_true(machine_memory_group("4:memory:/docker/0a1/x\n", &m, path));
    assert_string_equal("/sys/fs/cgroup/memory/x", path);
}

static void test_limits(void **state)
{
    (void)state;
    assert_true(machine_memory_limit("268435456\n") == 268435456);
    assert_true(machine_memory_limit("max\n") == UINT64_MAX);
    assert_true(machine_memory_limit("") == UINT64_MAX);
    assert_true(machine_memory_limit("9223372036854771712\n") == INT64_MAX / 4096 * 4096);
}

static void test_this_machine(void **state)
{
    (void)state;
    machine_memory_open();
    assert_true(machine_memory_bytes() > 1 << 20);
    machine_memory_open(); /* again, as after a fork */
    assert_true(machine_memory_bytes() > 1 << 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mounts),
        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_this_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
