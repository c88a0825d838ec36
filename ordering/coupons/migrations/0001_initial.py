"""The first tables of coupons."""


import django.core.validators
import django.db.models.deletion
import functools
import hub.clock
import hub.keys
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('dishes', '0001_initial'),
        ('restaurant', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Plan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=32, verbose_name='名称')),
                ('kind', models.CharField(choices=[('fixed', '立减'), ('percent', '折扣')], max_length=8, verbose_name='类型')),
                ('amount_fen', models.PositiveIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(2147483647)], verbose_name='立减(分)')),
                ('percent', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(99)], verbose_name='减免(%)')),
                ('cap_fen', models.PositiveIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(2147483647)], verbose_name='最多减(分)')),
                ('threshold_fen', models.PositiveIntegerField(default=0, verbose_name='满(分)')),
                ('claim_from', models.DateTimeField(blank=True, null=True, verbose_name='领取开始')),
                ('claim_until', models.DateTimeField(blank=True, null=True, verbose_name='领取截止')),
                ('valid_from', models.DateTimeField(blank=True, null=True, verbose_name='生效时间')),
                ('valid_until', models.DateTimeField(blank=True, null=True, verbose_name='失效时间')),
                ('valid_days', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(3650)], verbose_name='领取后有效天数')),
                ('total_limit', models.PositiveIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(2147483647)], verbose_name='发放总数')),
                ('per_user_limit', models.PositiveSmallIntegerField(default=1, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(99)], verbose_name='每人限领')),
                ('claimed_count', models.PositiveIntegerField(default=0, editable=False, verbose_name='已领取')),
                ('is_active', models.BooleanField(default=True, verbose_name='启用')),
                ('created_at', models.DateTimeField(default=hub.clock.now, editable=False, verbose_name='创建时间')),
                ('dishes', models.ManyToManyField(blank=True, related_name='+', to='dishes.dish', verbose_name='适用菜品')),
                ('store', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='coupon_plans', to='restaurant.store', verbose_name='门店')),
            ],
            options={
                'verbose_name': '优惠券活动',
                'verbose_name_plural': '优惠券活动',
            },
        ),
        migrations.CreateModel(
            name='Coupon',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField(default=1, editable=False)),
                ('code', models.CharField(default=functools.partial(hub.keys.short_code, *(12,), **{}), max_length=16, unique=True, verbose_name='券码')),
                ('state', models.CharField(choices=[('claimed', '可用'), ('locked', '已锁定'), ('used', '已使用')], default='claimed', max_length=8, verbose_name='状态')),
                ('locked_by', models.CharField(max_length=26, null=True, verbose_name='订单号')),
                ('claimed_at', models.DateTimeField(default=hub.clock.now, verbose_name='领取时间')),
                ('valid_from', models.DateTimeField(null=True, verbose_name='生效时间')),
                ('expires_at', models.DateTimeField(verbose_name='失效时间')),
                ('used_at', models.DateTimeField(null=True, verbose_name='使用时间')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='coupons', to=settings.AUTH_USER_MODEL, verbose_name='用户')),
                ('plan', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='coupons', to='coupons.plan', verbose_name='活动')),
            ],
            options={
                'verbose_name': '优惠券',
                'verbose_name_plural': '优惠券',
            },
        ),
        migrations.AddConstraint(
            model_name='plan',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('amount_fen__gt', 0), ('kind', 'fixed'), ('percent__isnull', True)), models.Q(('amount_fen__isnull', True), ('kind', 'percent'), ('percent__gte', 1), ('percent__lte', 99)), _connector='OR'), name='plan_takes_something_off'),
        ),
        migrations.AddConstraint(
            model_name='plan',
            constraint=models.CheckConstraint(condition=models.Q(('total_limit__isnull', True), ('claimed_count__lte', models.F('total_limit')), _connector='OR'), name='plan_within_its_limit'),
        ),
        migrations.AddIndex(
            model_name='coupon',
            index=models.Index(fields=['user', 'state', 'expires_at'], name='coupon_by_wallet'),
        ),
        migrations.AddConstraint(
            model_name='coupon',
            constraint=models.UniqueConstraint(fields=('plan', 'user', 'number'), name='coupon_within_a_persons_limit'),
        ),
        migrations.AddConstraint(
            model_name='coupon',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('locked_by__isnull', True), ('state', 'claimed')), models.Q(('locked_by__isnull', False), ('state__in', ['locked', 'used'])), _connector='OR'), name='coupon_is_an_orders_or_free'),
        ),
    ]
